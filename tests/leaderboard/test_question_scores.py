"""The values of every question, beside board.json."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet
import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_file
from locomo_vqa.leaderboard.board import read_board
from locomo_vqa.leaderboard.question_scores import SCORES_FILE
from locomo_vqa.leaderboard.results import BOARD_METRICS
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import Scorer

from .conftest import TEST

Submit = Callable[..., Path]
GOOD = "good__tiny-1/2026-08-31"


def test_each_question_has_its_values_and_its_state(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    submitted(system="good", answers={"conv-1/v/D1:1/colour": "x", "conv-1/t/1": None})
    (submitted(system="bad") / "run.json").unlink()
    verify(submissions, benchmark=benchmark, scorer=scorer)
    table = read_board(submissions).question_scores()
    assert table.column_names == ["entry", "question_id", "conversation", *BOARD_METRICS, "state"]
    rows = table.to_pylist()
    assert [(row["entry"], row["question_id"]) for row in rows] == [
        (GOOD, name) for name in sorted(TEST)
    ]
    values = {row["question_id"]: (row["conversation"], row["v"], row["f1"]) for row in rows}
    assert values == {
        "conv-1/t/0": ("conv-1", None, 1),
        "conv-1/t/1": ("conv-1", None, 0),
        "conv-1/v/D1:1/colour": ("conv-1", 0, None),
        "conv-2/t/0": ("conv-2", None, 1),
        "conv-2/v/D1:1/colour": ("conv-2", 100, None),
    }
    assert [row["state"] for row in rows] == ["ok", "error", "ok", "ok", "ok"]
    assert {row["l"] for row in rows} == {None}


def test_the_means_are_the_board_s_and_the_bytes_are_always_the_same(
    submitted: Submit, submissions: Path, benchmark: Benchmark
) -> None:
    for number, split in enumerate(("test", "all", "validation")):
        submitted(system=f"s{number}", split=split, answers={"conv-1/t/0": "the kite is blue"})
    board = verify(submissions, benchmark=benchmark, judge="rules", progress=False)
    first = (submissions / SCORES_FILE).read_bytes()
    frame = board.question_scores().to_pandas()
    for entry in board:
        mine = frame[frame["entry"] == entry.name]
        for metric in ("v", "f1", "j", "rouge1", "meteor"):
            value = entry.value(metric)
            mean = mine[metric].mean()
            assert math.isnan(mean) if value is None else mean == pytest.approx(value, rel=1e-6)
    assert verify(submissions, benchmark=benchmark, judge="rules", progress=False) == board
    assert (submissions / SCORES_FILE).read_bytes() == first


def test_a_changed_file_is_refused(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    submitted(system="good")
    board = verify(submissions, benchmark=benchmark, scorer=scorer)
    path = submissions / SCORES_FILE
    assert board.scores_sha256 == sha256_file(path)
    pyarrow.parquet.write_table(board.question_scores().slice(1), path)
    with pytest.raises(InputError, match="its hash is not the one"):
        board.question_scores()
    path.unlink()
    with pytest.raises(InputError, match="can't be read"):
        board.question_scores()


def test_a_board_without_accepted_entries_has_no_rows(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> None:
    (submitted(system="bad") / "run.json").unlink()
    board = verify(submissions, benchmark=benchmark, scorer=scorer)
    assert board.question_scores().num_rows == 0
