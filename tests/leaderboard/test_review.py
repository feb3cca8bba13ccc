"""Pull requests to a results repository: what they may add, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.leaderboard.board import Board, read_board
from locomo_vqa.leaderboard.submission.submit import submit
from locomo_vqa.leaderboard.template.changes import Proposal, read_proposal
from locomo_vqa.leaderboard.template.comparison import score_changes
from locomo_vqa.leaderboard.template.report import review_report
from locomo_vqa.leaderboard.template.repository import Repository as Clone
from locomo_vqa.leaderboard.template.review import Review, review_changes
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import Scorer
from tests.leaderboard.git_repositories import Repository, git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="Git is not installed")

MakeRun = Callable[..., Path]
DAY = date(2026, 8, 31)
OLD = "submissions/echo__tiny-1/2026-08-31"


_BUILT: list[Path] = []
"""The repository that every test gets a copy of, once the first has made it."""


@pytest.fixture
def results(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    make_run: MakeRun,
    benchmark: Benchmark,
    scorer: Scorer,
) -> Repository:
    """A repository whose main branch has one submission and its board."""
    if not _BUILT:
        built = Repository(tmp_path_factory.mktemp("results") / "results.git")
        submit(make_run(), to=f"{built.url}#main", date=DAY)
        clone = built.clone()
        verify(clone / "submissions", benchmark=benchmark, scorer=scorer)
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "--message", "Record the board")
        git(clone, "push", "--quiet")
        _BUILT.append(built.folder)
    shutil.copytree(_BUILT[0], tmp_path / "hub" / "results.git")
    return Repository.existing(tmp_path / "hub" / "results.git")


@pytest.fixture
def reviewed(results: Repository, benchmark: Benchmark, scorer: Scorer) -> Callable[[str], Review]:
    def review(head: str, **settings: Any) -> Review:
        return review_changes(
            results.folder,
            base="main",
            head=head,
            **{"benchmark": benchmark, "scorer": scorer, **settings},
        )

    return review


def proposed(results: Repository, head: str = "pr") -> Proposal:
    clone = Clone(results.folder)
    onto, new = clone.commit("main"), clone.commit(head)
    changes = clone.changes(clone.common(onto, new), new)
    return read_proposal(clone, changes, clone.files(onto, "submissions"))


def test_a_new_submission_is_accepted_and_shown(
    make_run: MakeRun, results: Repository, reviewed: Callable[[str], Review]
) -> None:
    submit(make_run(system="new"), to=results.url, date=DAY)
    review = reviewed("submission/new__tiny-1/2026-08-31")
    assert (review.accepted, review.problems, review.earlier) == (True, (), 1)
    assert [entry.name for entry in review.entries] == ["new__tiny-1/2026-08-31"]
    report = review_report(review)
    assert report.startswith("# This pull request can be accepted\n\nThe scores of 1 earlier ")
    assert "\n### `new__tiny-1/2026-08-31`: accepted\n" in report
    assert "| V | 100.0 | 90.0 … 110.0 | 2 |" in report
    assert "### `echo__tiny-1" not in report


def test_a_submission_that_does_not_verify_is_refused(
    make_run: MakeRun, results: Repository, reviewed: Callable[[str], Review]
) -> None:
    submit(make_run(system="new"), to=results.url, date=DAY)
    branch, file = "submission/new__tiny-1/2026-08-31", "predictions.jsonl"
    place = f"submissions/new__tiny-1/2026-08-31/{file}"
    answers = results.read(branch, place).decode().replace("Lisbon", "Porto")
    results.push({place: answers}, "Better", branch="pr", onto=branch)
    review = reviewed("pr")
    assert review.problems == (
        "new__tiny-1/2026-08-31: predictions.jsonl: was changed after the run: its hash does not "
        "match run.json.",
    )
    assert "# This pull request can't be accepted\n" in review_report(review)


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        (
            {f"{OLD}/predictions.jsonl": "{}"},
            [f"{OLD}/predictions.jsonl: was changed; an accepted submission never changes."],
        ),
        ({f"{OLD}/run.json": None}, [f"{OLD}/run.json: vanished; what was accepted stays."]),
        (
            {"submissions/board.json": "{}"},
            ["submissions/board.json: is written after the merge; leave it out."],
        ),
        (
            {"submissions/board.json": None, "submissions/scores.parquet": None},
            [
                "submissions/board.json: is written after the merge; leave it out.",
                "submissions/scores.parquet: is written after the merge; leave it out.",
            ],
        ),
        (
            {f"{OLD}/answers.json": "{}"},
            [
                f"{OLD}/answers.json: belongs to a submission that already exists; choose "
                "another date or name."
            ],
        ),
        ({"README.md": "Mine"}, ["README.md: is outside submissions/."]),
        (
            {".github/workflows/review.yml": "x", "ci/run": "x", "a b\n|<i>": "x"},
            [
                ".github/workflows/review.yml: is outside submissions/.",
                "a b\\n|<i>: is outside submissions/.",
                "ci/run: is outside submissions/.",
            ],
        ),
        (
            {"submissions/README.md": "x", f"{OLD}/notes.md": "x", f"{OLD}/deep/run.json": "x"},
            [
                "submissions/README.md: is not a file of a submission.",
                f"{OLD}/deep/run.json: is not a file of a submission.",
                f"{OLD}/notes.md: is not a file of a submission.",
            ],
        ),
        (
            {"submissions/new__x/today/run.json": "x"},
            [
                "submissions/new__x/today/run.json: The folder's name is not a date, such as "
                "2026-08-31."
            ],
        ),
        (
            {"submissions/ECHO__tiny-1/2026-09-01/run.json": "x"},
            [
                "ECHO__tiny-1/2026-09-01: is named like echo__tiny-1, in other letters; choose "
                "another name."
            ],
        ),
        (
            {"submissions/new__x/2026-09-01/metadata.yaml": "x" * 65537},
            ["submissions/new__x/2026-09-01/metadata.yaml: is larger than 65,536 bytes."],
        ),
        (
            {f"{OLD}.reproduced.json": "{}"},
            [f"{OLD}.reproduced.json: is not a file of a submission."],
        ),
        ({"submissions/new__x/2026-09-01/source.yaml": "x"}, []),
    ],
)
def test_only_submissions_may_be_added(
    results: Repository, change: dict[str, str | None], problems: list[str]
) -> None:
    results.push(change, "Change", branch="pr")
    assert proposed(results).problems == problems


@pytest.mark.parametrize(
    ("mode", "problem"),
    [
        ("120000", "is a symbolic link"),
        ("160000", "is another repository"),
        ("100755", "is executable"),
    ],
)
def test_only_regular_files_may_be_added(results: Repository, mode: str, problem: str) -> None:
    clone, path = results.clone(), "submissions/new__x/2026-09-01/run.json"
    target = git(clone, "rev-parse", "HEAD" if mode == "160000" else "HEAD:README.md").strip()
    git(clone, "update-index", "--add", "--cacheinfo", f"{mode},{target},{path}")
    git(clone, "commit", "--quiet", "--message", "Link")
    git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/pr")
    assert proposed(results).problems == [f"{path}: {problem}."]


HISTORY = "submissions/echo__tiny-1/2026-08-31.history.yaml"


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        (HISTORY, "- one\n- two\n", None),
        (HISTORY, "- two\n", "was changed; add to its end, so that nothing vanishes"),
        (HISTORY, None, "vanished; what was accepted stays"),
        (HISTORY, "- one\n" + "#" * 262144, "is larger than 262,144 bytes"),
        (
            "submissions/other__x/2026-08-31.history.yaml",
            "- one\n",
            "is about a submission that is not there",
        ),
    ],
)
def test_a_history_only_grows(
    results: Repository, path: str, text: str | None, problem: str | None
) -> None:
    results.push({HISTORY: "- one\n"}, "Dispute")
    results.push({path: text}, "More", branch="pr")
    proposal = proposed(results)
    assert proposal.problems == ([] if problem is None else [f"{path}: {problem}."])
    assert proposal.entries == []


EVENT = (
    "- event: disputed\n  date: 2026-09-01\n  who: Ada\n  why: Its index has the gold answers.\n"
)
CHANGED = "changes an event that was there; add an event of its own, with a dash before it"


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ("- {event: settled, date: 2026-09-02, who: Ada, why: It has not.}\n", None),
        ("# A remark.\n", None),
        ("    This was an error of mine, and I take it back.\n", CHANGED),
        ("  by: new__tiny-1/2026-08-31\n", CHANGED),
    ],
)
def test_what_is_added_must_not_continue_an_earlier_event(
    results: Repository, added: str, problem: str | None
) -> None:
    results.push({HISTORY: EVENT}, "Dispute")
    results.push({HISTORY: EVENT + added}, "More", branch="pr")
    expected = [] if problem is None else [f"{HISTORY}: {problem}."]
    assert proposed(results).problems == expected


def test_a_line_end_of_a_history_stays_too(results: Repository) -> None:
    results.push({HISTORY: EVENT.replace("\n", "\r\n")}, "Dispute")
    results.push({HISTORY: EVENT}, "Tidy up", branch="pr")
    (problem,) = proposed(results).problems
    assert problem == f"{HISTORY}: was changed; add to its end, so that nothing vanishes."


def test_what_was_merged_meanwhile_does_not_count_as_removed(
    make_run: MakeRun, results: Repository, reviewed: Callable[[str], Review]
) -> None:
    submit(make_run(system="new"), to=results.url, date=DAY)
    submit(make_run(system="other"), to=f"{results.url}#main", date=DAY)
    results.push({"README.md": "Longer"}, "Explain")
    review = reviewed("submission/new__tiny-1/2026-08-31")
    assert review.problems == ()
    assert [entry.name for entry in review.entries] == ["new__tiny-1/2026-08-31"]


def test_a_name_that_was_taken_meanwhile_is_refused(make_run: MakeRun, results: Repository) -> None:
    submit(make_run(system="new"), to=results.url, date=DAY)
    other = make_run(system="new", answers={"conv-1/t/0": "a red kite"})
    results.push({"x": "x"}, "Meanwhile", branch="later")
    submit(other, to=f"{results.url}#later", date=DAY)
    git(results.folder, "update-ref", "refs/heads/main", "refs/heads/later")
    problems = proposed(results, "submission/new__tiny-1/2026-08-31").problems
    place = "submissions/new__tiny-1/2026-08-31"
    taken = "belongs to a submission that already exists; choose another date or name."
    assert problems == [f"{place}/{name}: {taken}" for name in ("predictions.jsonl", "run.json")]


def test_a_score_that_is_computed_differently_is_refused(
    make_run: MakeRun,
    results: Repository,
    reviewed: Callable[..., Review],
    scorer: Scorer,
) -> None:
    def harsher(*arguments: Any, **options: Any) -> Any:
        scores = scorer(*arguments, **options)
        v = scores.metrics["v"]
        assert v.overall is not None and v.overall.value is not None
        lower = replace(v, overall=replace(v.overall, value=v.overall.value - 0.002))
        return replace(scores, metrics={"v": lower, "j": scores.metrics["j"]})

    submit(make_run(system="new"), to=results.url, date=DAY)
    review = reviewed("submission/new__tiny-1/2026-08-31", scorer=harsher)
    name = "echo__tiny-1/2026-08-31"
    assert review.problems == (
        f"{name}: V was 100.000, and is 99.998.",
        f"{name}: F1 was 1.000, and vanished.",
    )


def changed(board: Board, change: Callable[[dict[str, Any]], object]) -> Board:
    """Return a board whose first entry was changed in its JSON."""
    raw = json.loads(json.dumps(board.to_json()["entries"][0]))
    change(raw)
    entry = replace(board.entries[0], **{key: raw[key] for key in ("state", "files", "scores")})
    return replace(board, entries=(entry, *board.entries[1:]))


@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        (lambda raw: raw["scores"]["metrics"]["v"]["overall"].update(value=99.9995), []),
        (
            lambda raw: raw["scores"]["metrics"]["v"]["overall"].update(value=99.9985),
            ["V was 100.000, and is 99.999."],
        ),
        (
            lambda raw: raw["scores"]["metrics"]["f1"].update(overall=None, reason="No nltk."),
            ["F1 was 1.000, and vanished: No nltk."],
        ),
        (
            lambda raw: raw["files"].update({"run.json": "0" * 64}),
            ["was accepted, and its files changed."],
        ),
        (lambda raw: raw.update(state="rejected"), ["was accepted, and is rejected: "]),
        (lambda raw: raw["scores"]["metrics"]["j"].update(overall={"value": 3.0}), []),
    ],
)
def test_differences_between_boards(
    results: Repository, change: Callable[[dict[str, Any]], object], sentences: list[str]
) -> None:
    board = read_board(results.clone() / "submissions")
    assert [text for _, text in score_changes(board, changed(board, change))] == sentences


def test_an_entry_that_vanished(results: Repository) -> None:
    board = read_board(results.clone() / "submissions")
    found = list(score_changes(board, replace(board, entries=())))
    assert found == [("echo__tiny-1/2026-08-31", "was accepted, and vanished.")]
    (_, text), *_ = score_changes(board, replace(board, revision="0" * 64))
    assert text.endswith("and is of 000000000000.")


def test_j_of_earlier_entries_is_left_out_without_a_judge(results: Repository) -> None:
    board = read_board(results.clone() / "submissions")

    def judged(raw: dict[str, Any]) -> None:
        raw["scores"]["metrics"]["j"].update(state="ok", overall={"value": 40.0})

    earlier = changed(board, judged)
    assert list(score_changes(earlier, board, without=["j"])) == []
    (_, text), *_ = score_changes(earlier, board)
    assert text.startswith("J was 40.000, and vanished")


def test_nothing_of_a_pull_request_is_checked_out_or_run(
    make_run: MakeRun,
    results: Repository,
    benchmark: Benchmark,
    scorer: Scorer,
    tmp_path: Path,
) -> None:
    mark = tmp_path / "ran"
    tag = f"!!python/object/apply:os.system ['touch {mark}']"
    files: Mapping[str, str] = {
        ".gitattributes": "* filter=evil diff=evil\n",
        "ci/run": f"touch '{mark}'\n",
        "submissions/new__x/2026-09-01/metadata.yaml": tag,
    }
    results.push(dict(files), "Attack", branch="pr")
    clone = results.clone()
    git(clone, "config", "diff.evil.command", f"touch '{mark}'")
    git(clone, "config", "diff.evil.textconv", f"touch '{mark}'")
    git(clone, "config", "filter.evil.smudge", f"touch '{mark}'")
    git(clone, "config", "core.fsmonitor", f"touch '{mark}'")
    review = review_changes(
        clone, base="main", head="origin/pr", benchmark=benchmark, scorer=scorer
    )
    assert not review.accepted
    assert any("can't be read as plain YAML" in problem for problem in review.problems)
    assert not mark.exists()
    assert git(clone, "-c", "core.fsmonitor=false", "status", "--porcelain") == ""


@pytest.mark.parametrize("revision", ["nothing", "--output=x", "-h", "main:README.md", ""])
def test_a_revision_that_is_not_there(
    results: Repository, reviewed: Callable[[str], Review], revision: str
) -> None:
    with pytest.raises(InputError, match="has no revision"):
        reviewed(revision)


def test_nothing_of_a_pull_request_is_markup_in_the_report(results: Repository) -> None:
    name = "submissions/<img src=x>](www.x.example) @ada **b**"
    results.push({name: "x"}, "Change", branch="pr")
    problems = (*proposed(results).problems, *["more"] * 60)
    review = Review(problems=problems, board=None, earlier=0, left_out=("j",), compared=True)
    report = review_report(review)
    assert f"\n- `{name}: is not a file of a submission.`\n" in report
    assert report.endswith("- And 11 more.\n")
    assert "J of earlier submissions was not computed again: no judge." in report


def test_a_submission_dated_tomorrow_is_refused(
    make_run: MakeRun, results: Repository, reviewed: Callable[[str], Review]
) -> None:
    today = datetime.now(UTC).date()
    day = today + timedelta(days=1)
    submit(make_run(system="new"), to=results.url, date=DAY)
    clone, folder = results.clone(), "submissions/new__tiny-1"
    git(clone, "checkout", "--quiet", f"submission/new__tiny-1/{DAY}")
    git(clone, "mv", f"{folder}/{DAY}", f"{folder}/{day}")
    git(clone, "commit", "--quiet", "--message", "Date it tomorrow")
    git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/pr")
    (problem,) = reviewed("pr").problems
    assert problem.startswith(f"new__tiny-1/{day}: is dated after {today}; ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- {event: withdrawn, date: 2026-09-01, who: Ada, why: A fault.}\n", None),
        ("- {event: withdrawn}\n", "echo__tiny-1/2026-08-31: was accepted, and is rejected: "),
        ("!!python/name:os.system\n", "echo__tiny-1/2026-08-31: was accepted, and is rejected: "),
    ],
)
def test_a_longer_history_is_shown_and_checked(
    results: Repository, reviewed: Callable[[str], Review], text: str, problem: str | None
) -> None:
    results.push({HISTORY: text}, "Withdraw", branch="pr")
    review = reviewed("pr")
    assert review.histories == ("echo__tiny-1/2026-08-31",)
    assert review.accepted is (problem is None)
    if problem is not None:
        assert any(found.startswith(problem) for found in review.problems)
    report = review_report(review)
    assert "Says what happened to `echo__tiny-1/2026-08-31`" in report
    if problem is None:
        assert "\n### `echo__tiny-1/2026-08-31`: accepted, withdrawn\n" in report
        assert "\n- withdrawn on `2026-09-01`, says `Ada`: A fault.\n" in report


def test_a_flood_of_files_is_refused_unread(results: Repository) -> None:
    files: dict[str, str | None] = {
        f"submissions/new__x/2026-09-01/{number}": "x" for number in range(301)
    }
    results.push(files, "Flood", branch="pr")
    proposal = proposed(results)
    assert proposal.problems == ["301 files are changed; at most 300 are reviewed."]
    assert proposal.files == {}


def test_names_that_are_not_text_are_shown(results: Repository) -> None:
    clone = results.clone()
    blob = git(clone, "rev-parse", "HEAD:README.md").strip()
    lines = b"100644 %s\tsubmissions/\xff\xfe\n" % blob.encode()
    subprocess.run(["git", "update-index", "--index-info"], cwd=clone, input=lines, check=True)
    git(clone, "commit", "--quiet", "--message", "Name")
    git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/pr")
    (problem,) = proposed(results).problems
    assert problem.endswith(": is not a file of a submission.")
    assert problem.isprintable()
