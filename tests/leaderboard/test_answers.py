"""Answers are read in columns where that is safe, and line by line where it isn't."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.leaderboard.board_entry import Entry
from locomo_vqa.leaderboard.site import answers
from locomo_vqa.leaderboard.site.answers import read_answers

Submit = Callable[..., Path]
NUMBERS = {
    "conv-2/t/0": 0,
    "conv-1/t/0": 1,
    "conv-1/t/1": 2,
    "conv-1/v/D1:1/colour": 3,
    "conv-2/v/D1:1/colour": 4,
    "never/asked": 5,
}
ODD = ["", None, "a\u2028b\x00🪁", '"\\', "null"]


def _entry(folder: Path) -> Entry:
    return Entry(name=f"{folder.parent.name}/{folder.name}", state="rescored", files={})


def _write(folder: Path, lines: list[str]) -> None:
    (folder / "predictions.jsonl").write_text("".join(lines), encoding="utf-8")


def _row(name: str, answer: str | None) -> str:
    state = "error" if answer is None else "ok" if answer else "empty"
    row = {"question_id": name, "prediction": answer, "state": state, "retrieved": [{"text": "x"}]}
    return json.dumps({**row, "error": None}) + "\n"


@pytest.mark.parametrize("by_line", [False, True])
def test_answers_are_in_the_order_of_the_questions_asked_for(
    by_line: bool, submitted: Submit, benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = submitted()
    names = list(NUMBERS)[:5]
    rows = [_row(name, answer) for name, answer in zip(names, ODD, strict=True)]
    _write(folder, ["\n", *reversed(rows), "\n"])
    if by_line:
        monkeypatch.setattr(answers, "_read_columns", lambda folder: None)
    found = read_answers(folder, _entry(folder), benchmark, NUMBERS)
    assert found.of(range(6)) == [*ODD, None]
    assert found.of([3, 1]) == [ODD[3], None]


def test_no_more_of_an_answer_is_kept_than_is_shown(
    submitted: Submit, benchmark: Benchmark
) -> None:
    folder = submitted()
    _write(folder, [_row("conv-1/t/0", "🪁" * 5000)])
    found = read_answers(folder, _entry(folder), benchmark, NUMBERS)
    assert found.of([1]) == ["🪁" * 1001]
    assert found.texts.nbytes < 5000


@pytest.mark.parametrize(
    "line",
    [
        '{"question_id": "conv-1/t/0", "prediction": "\\ud800!", "state": "ok"}\n',
        '\ufeff{"question_id": "conv-1/t/0", "prediction": "first", "state": "ok"}\n',
    ],
)
def test_what_columns_can_not_hold_is_read_by_line(
    line: str, submitted: Submit, benchmark: Benchmark
) -> None:
    folder = submitted()
    _write(folder, [line, _row("conv-1/t/1", "second")])
    found = read_answers(folder, _entry(folder), benchmark, NUMBERS)
    (answer,) = found.of([1])
    assert answer is not None and re.fullmatch("[\ufffd\ud800]!|first", answer)
    assert found.of([2]) == ["second"]
