"""`score`: what it says, where it writes, and the status it leaves with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.evaluators.scoring import score
from tests.conftest import Cli, tree
from tests.evaluators.recording import SAMPLE, Recorder, harness, recorder

TEST = questions_of(SAMPLE, "test")
SCORED = [q for q in TEST if q.answer is not None and "/t/" in q.id]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def by_id(questions: list[Any]) -> list[dict[str, Any]]:
    """Return rows with an answer of its own each, as one answer to all of them is noted."""
    return [{"question_id": q.id, "hypothesis": f"x{n}"} for n, q in enumerate(questions)]


def first_fails(self: Recorder, question: str, *, now: Any) -> str:
    if not self.asked:
        self.asked.append((question, now))
        raise TimeoutError
    return "an answer"


@pytest.mark.slow
def test_failures_make_the_status_1_and_are_told(tmp_path: Path, cli: Cli) -> None:
    harness(recorder(answer=first_fails), tmp_path / "run").run()
    done = cli("score", "run", "--benchmark", "sample", "--metrics", "f1,v")
    assert done.returncode == 1
    assert "1 row failed: 1 timeout." in done.stdout
    harness(recorder(), tmp_path / "run").run(retry_failed=True)
    again = cli("score", "run", "--benchmark", "sample", "--metrics", "f1,v")
    assert again.returncode == 0, again.stderr
    assert "failed" not in again.stdout


@pytest.mark.slow
def test_rows_that_don_t_count_are_named(tmp_path: Path) -> None:
    rows = [
        {"question": q.question, "response": "x", "conversation": q.conversation} for q in SCORED
    ]
    strange = [
        {"question": f"Why {n}?", "response": "x", "conversation": "sample-09"} for n in range(12)
    ]
    notes = score(write(tmp_path / "a.jsonl", rows + strange), benchmark=SAMPLE).document["notes"]
    (note,) = [note for note in notes if "no such question" in note]
    places = ", ".join(f"line {n}" for n in range(29, 39))
    assert note == (
        "12 rows left out: no such question, or it has a row already: " + places + " and 2 more."
    )
    other = questions_of(SAMPLE, "validation")[0]
    path = write(tmp_path / "b.jsonl", by_id([*SCORED, other]))
    sheet = score(path, benchmark=SAMPLE, split="test")
    assert sheet.document["rows"]["extra"] == 1
    assert sheet.document["notes"] == [f"1 row for questions outside the split test: {other.id}."]


def test_conversations_without_rows_are_told(tmp_path: Path) -> None:
    one = [question for question in SCORED if question.conversation == "sample-09"]
    path = write(tmp_path / "a.jsonl", by_id(one))
    assert score(path, benchmark=SAMPLE).document["notes"] == [
        "Only 1 of 10 conversations has rows; choose another split or a smaller benchmark if the "
        "others were not asked."
    ]
    path = write(tmp_path / "b.jsonl", by_id(SCORED))
    assert score(path, benchmark=SAMPLE, split="test").document["notes"] == []


@pytest.mark.slow
def test_a_submission_is_left_as_it_is(tmp_path: Path, cli: Cli) -> None:
    harness(recorder(), tmp_path / "run").run()
    assert cli("submit", "run", "--to", "board", "--date", "2026-08-31").returncode == 0
    (entry,) = (tmp_path / "board").glob("*/*")
    before = tree(entry)
    command = ("score", entry, "--benchmark", "sample", "--metrics", "v")
    assert cli(*command).returncode == 0
    assert tree(entry) == before
    assert cli(*command, "--out", "scores").returncode == 0
    assert tree(entry) == before
    assert (tmp_path / "scores" / "scores.json").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("content", ["another source's", "{}", "[]", "no JSON"])
def test_other_scores_are_never_replaced(content: str, tmp_path: Path, cli: Cli) -> None:
    write(tmp_path / "a.jsonl", by_id(SCORED))
    write(tmp_path / "b.jsonl", by_id(SCORED[:3]))
    command = ("--benchmark", "sample", "--split", "test", "--metrics", "f1", "--out", "scores")
    assert cli("score", "b.jsonl", *command).returncode == 1
    path = tmp_path / "scores" / "scores.json"
    if content != "another source's":
        path.write_text(content)
    before = tree(path.parent)
    done = cli("score", "a.jsonl", *command)
    assert done.returncode == 2
    assert "contains the scores of other predictions" in done.stderr
    assert tree(path.parent) == before


@pytest.mark.slow
def test_scores_of_the_same_source_are_replaced_and_benchmarks_left_alone(
    tmp_path: Path, cli: Cli
) -> None:
    write(tmp_path / "a.jsonl", by_id(SCORED))
    command = ("score", "a.jsonl", "--benchmark", "sample", "--split", "test", "--metrics", "f1")
    for _ in range(2):
        assert cli(*command, "--out", "scores").returncode == 0
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "benchmark.json").write_text("{}")
    done = cli(*command, "--out", "folder")
    assert done.returncode == 2
    assert "is a benchmark folder" in done.stderr
    done = cli(*command, "--out", "x" * 300)
    assert done.returncode == 2
    assert "File name too long" in done.stderr
