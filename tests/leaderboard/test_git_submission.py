"""Submissions to real Git repositories: one each, whatever happens meanwhile."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.leaderboard.submission.git_address import GitAddress
from locomo_vqa.leaderboard.submission.git_client import Git, GitFailed, identity
from locomo_vqa.leaderboard.submission.submit import submit
from tests.leaderboard.git_repositories import Repository, git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="Git is not installed")

MakeRun = Callable[..., Path]
DAY = date(2026, 8, 31)
ENTRY = "echo__tiny-1/2026-08-31"
NAMES = ("metadata.yaml", "predictions.jsonl", "run.json")


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Git's settings file of the invented submitter Ada."""
    path = tmp_path / "gitconfig"
    path.write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return path


@pytest.fixture
def results(tmp_path: Path) -> Repository:
    folder = tmp_path / "hub"
    folder.mkdir()
    return Repository(folder / "results.git")


def paths(entry: str = ENTRY) -> set[str]:
    return {f"submissions/{entry}/{name}" for name in NAMES}


def test_a_submission_becomes_a_branch_of_its_own(
    make_run: MakeRun, results: Repository, tmp_path: Path
) -> None:
    run = make_run()
    written = submit(run, to=tmp_path / "folder", date=DAY)
    sent = submit(run, to=results.url, date=DAY)
    branch = f"submission/{ENTRY}"
    assert (sent.folder, sent.is_new) == (None, True)
    assert sent.place == f"{results.folder.as_uri()}, branch {branch}"
    assert sent.advice == f"Open a pull request of the branch {branch}."
    assert results.branches() == ["main", branch]
    assert results.log() == ["Begin"]
    assert results.log(branch) == [f"Submit {ENTRY}", "Begin"]
    files = results.files(branch)
    assert set(files) == {"README.md"} | paths()
    for name in NAMES:
        assert files[f"submissions/{ENTRY}/{name}"] == (Path(written) / name).read_bytes()
    who = git(results.folder, "log", "-1", "--format=%an %ae %cn %ce", branch)
    assert who.strip() == "Ada ada@example.org Ada ada@example.org"
    with pytest.raises(InputError, match="not in a folder"):
        Path(sent)


@pytest.mark.parametrize("branch", ["", "#main"])
def test_the_same_call_twice_gives_one_submission(
    make_run: MakeRun, results: Repository, branch: str
) -> None:
    run = make_run()
    first = submit(run, to=results.url + branch, date=DAY)
    before = git(results.folder, "for-each-ref")
    again = submit(run, to=results.url + branch)
    assert (again.place, again.is_new) == (first.place, False)
    assert git(results.folder, "for-each-ref") == before


def test_a_merged_submission_is_found_on_the_main_branch(
    make_run: MakeRun, results: Repository
) -> None:
    run = make_run()
    submit(run, to=f"{results.url}#main", date=DAY)
    again = submit(run, to=results.url, date=DAY)
    assert again.place.endswith("branch main")
    assert (again.is_new, again.advice) == (False, None)
    assert results.branches() == ["main"]


def push_first(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have something happen between looking at the repository and the first push."""
    real, left = Git.push, [act]

    def push(self: Git, commit: str, branch: str) -> str | None:
        if left:
            left.pop()()
        return real(self, commit, branch)

    monkeypatch.setattr(Git, "push", push)


@pytest.mark.slow
def test_a_push_that_came_second_is_put_on_top(
    make_run: MakeRun, results: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = make_run(), make_run(system="other")
    push_first(monkeypatch, lambda: submit(other, to=f"{results.url}#main", date=DAY))
    assert submit(mine, to=f"{results.url}#main", date=DAY).is_new
    assert results.log() == [f"Submit {ENTRY}", "Submit other__tiny-1/2026-08-31", "Begin"]
    assert set(results.files()) == {"README.md"} | paths() | paths("other__tiny-1/2026-08-31")


@pytest.mark.slow
@pytest.mark.parametrize("branch", ["", "#main"])
def test_another_submission_of_the_same_name_is_never_replaced(
    make_run: MakeRun, results: Repository, monkeypatch: pytest.MonkeyPatch, branch: str
) -> None:
    mine, other = make_run(), make_run(answers={"conv-1/t/0": "a red kite"})
    push_first(monkeypatch, lambda: submit(other, to=results.url + branch, date=DAY))
    with pytest.raises(OutputError, match=r"another submission with this name .* nothing was push"):
        submit(mine, to=results.url + branch, date=DAY)
    place = branch[1:] or f"submission/{ENTRY}"
    answers = results.read(place, f"submissions/{ENTRY}/predictions.jsonl")
    assert answers == (other / "predictions.jsonl").read_bytes()
    assert submit(mine, to=results.url + branch, date=date(2026, 9, 1)).is_new


@pytest.mark.slow
def test_two_at_once_both_arrive(make_run: MakeRun, results: Repository) -> None:
    runs = [make_run(system=f"system {number}") for number in range(2)]
    failures: list[BaseException] = []

    def send(run: Path) -> None:
        try:
            submit(run, to=f"{results.url}#main", date=DAY)
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=send, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(results.log()) == 3
    assert len(results.files()) == 1 + 2 * len(NAMES)


@pytest.mark.parametrize("branch", ["", "#main"])
def test_a_push_whose_answer_is_lost_is_found(
    make_run: MakeRun, results: Repository, monkeypatch: pytest.MonkeyPatch, branch: str
) -> None:
    real = Git.push

    def push(self: Git, commit: str, branch: str) -> str | None:
        real(self, commit, branch)
        raise GitFailed("the connection broke.", "Again.")

    monkeypatch.setattr(Git, "push", push)
    sent = submit(make_run(), to=results.url + branch, date=DAY)
    place = branch[1:] or f"submission/{ENTRY}"
    assert sent.place.endswith(f"branch {place}")
    assert results.log(place) == [f"Submit {ENTRY}", "Begin"]


@pytest.mark.parametrize("step", ["before", "after"])
def test_a_killed_submission_can_be_repeated(
    make_run: MakeRun, results: Repository, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    run, real = make_run(), Git.push

    def push(self: Git, commit: str, branch: str) -> str | None:
        if step == "after":
            real(self, commit, branch)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Git, "push", push)
        with pytest.raises(KeyboardInterrupt):
            submit(run, to=f"{results.url}#main", date=DAY)
    assert submit(run, to=f"{results.url}#main", date=DAY).is_new is (step == "before")
    assert results.log() == [f"Submit {ENTRY}", "Begin"]


def test_what_a_killed_submission_left_is_removed(
    make_run: MakeRun, results: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    left = [
        tmp_path / "tmp" / f".locomo-vqa-{name}.abcdefgh.part" for name in ("git", "submission")
    ]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "predictions.jsonl").write_text("{}")
    submit(make_run(), to=results.url, date=DAY)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    "address",
    [
        "git+ext::sh -c touch% owned",
        "git+ext::touch",
        "git+fd::7",
        "git+--upload-pack=touch",
        "git+-x",
        "git+ssh://-oProxyCommand=touch/x",
        "git+ssh://%2DoProxyCommand=touch/x",
        "git+ssh://-oProxyCommand=touch@host/x",
        "git+file://host/x",
        "git+http://host.example/x",
        "git+https://host.example",
        "git+https://host.example/x\n--mirror",
        "git+https://host.example/x%0a--mirror",
        "git+https://host.example/x#-f",
        "git+https://host.example/x#a..b",
        "git+https://host.example/x#main:other",
        "git+https://host.example/x#+main",
        "git+https://host.example/x#a/.lock/b",
        "git+",
        "git+/some/folder",
        "git+git@host.example:org/x.git",
        "git@host.example:org/x.git",
        "https://host.example/x.git",
        "ftp://host.example/x",
    ],
)
def test_addresses_that_are_not_repositories_or_options_are_refused(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def nothing(*arguments: Any, **options: Any) -> Any:
        raise AssertionError("something was run")

    run = make_run()
    monkeypatch.setattr("subprocess.run", nothing)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=r"`to`: "):
        submit(run, to=address)
    assert sorted(tmp_path.iterdir()) == before


def test_a_hint_says_how_an_address_is_written() -> None:
    with pytest.raises(InputError) as caught:
        GitAddress.parse("git+git@host.example:org/x.git")
    assert caught.value.remedy == "Write it as git+ssh://git@host.example/org/x.git."


def test_a_password_is_never_shown(make_run: MakeRun) -> None:
    address = "git+https://ada:pass0rd-of-ada@127.0.0.1:9/x.git"
    with pytest.raises(OutputError) as caught:
        submit(make_run(), to=address, date=DAY)
    assert "https://…@127.0.0.1:9/x.git: git ls-remote failed" in caught.value.message
    assert "pass0rd" not in str(caught.value) and "ada:" not in str(caught.value)


def test_no_hook_of_the_submitter_or_a_template_runs(
    make_run: MakeRun, results: Repository, tmp_path: Path, own_settings: Path
) -> None:
    mark = tmp_path / "ran"
    for folder in ("hooks", "template/hooks"):
        for name in ("pre-push", "post-checkout", "post-index-change", "pre-commit"):
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
            path.chmod(0o755)
    own_settings.write_text(
        f"[core]\n\thooksPath = {tmp_path}/hooks\n[init]\n\ttemplateDir = {tmp_path}/template\n"
    )
    submit(make_run(), to=results.url, date=DAY)
    assert not mark.exists()


def test_a_server_that_refuses_is_quoted(make_run: MakeRun, results: Repository) -> None:
    hook = results.folder / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(OutputError, match="main is protected") as caught:
        submit(make_run(), to=f"{results.url}#main", date=DAY)
    assert caught.value.message.startswith(f"{results.folder.as_uri()}: git push failed (")
    assert results.log() == ["Begin"]


def test_the_page_that_a_server_names_is_passed_on(make_run: MakeRun, results: Repository) -> None:
    hook = results.folder / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'Visit https://git.example/pull/new to open one' >&2\n")
    hook.chmod(0o755)
    sent = submit(make_run(), to=results.url, date=DAY)
    assert sent.url == "https://git.example/pull/new"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ({"submissions": "a file"}, "submissions: is not a folder"),
        ({"submissions/ECHO__tiny-1/x": "theirs"}, "the name echo__tiny-1 in other letters"),
        ({"submissions/echo__tiny-1": "a file"}, "is not a folder"),
    ],
)
def test_what_is_in_the_way_is_not_replaced(
    make_run: MakeRun, results: Repository, file: dict[str, str], message: str
) -> None:
    results.push(file, "In the way")
    with pytest.raises(OutputError, match=message):
        submit(make_run(), to=results.url, date=DAY)
    assert results.branches() == ["main"]


@pytest.mark.parametrize(
    ("branch", "message"),
    [("#other", "has no branch other"), ("", "has no default branch yet")],
)
def test_a_repository_without_the_branch(
    make_run: MakeRun, tmp_path: Path, branch: str, message: str
) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "empty.git")
    with pytest.raises(OutputError, match=message):
        submit(make_run(), to=f"git+{(tmp_path / 'empty.git').as_uri()}{branch}", date=DAY)


@pytest.mark.parametrize("settings", ["", "[user]\n\tname = Ada\n\temail = ada@gpu7\n"])
def test_nobody_is_named_by_the_name_of_a_machine(own_settings: Path, settings: str) -> None:
    own_settings.write_text(settings)
    assert identity() == ("locomo-vqa submit", "submit@locomo-vqa.invalid")


def test_a_folder_that_is_no_repository(make_run: MakeRun, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not appear to be a git repository"):
        submit(make_run(), to=f"git+{tmp_path.as_uri()}", date=DAY)
