"""The values of every question, beside board.json."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_file
from locomo_vqa.leaderboard.board import Board, read_board
from locomo_vqa.leaderboard.question_scores import SCORES_FILE, check_questions
from locomo_vqa.leaderboard.results import BOARD_METRICS
from locomo_vqa.leaderboard.site.data_files import DataFolder
from locomo_vqa.leaderboard.site.question_files import write_questions
from locomo_vqa.leaderboard.site.score_matrix import read_scores
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import Scorer

from .conftest import GOLD, TEST

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


def _column(name: str, *values: Any, type: Any = None) -> Callable[[pyarrow.Table], pyarrow.Table]:
    """Return a change of a column: `values` from the first row on, with its type or another."""

    def change(table: pyarrow.Table) -> pyarrow.Table:
        place = table.column_names.index(name)
        found = [*values, *table[name].to_pylist()[len(values) :]]
        return table.set_column(place, name, pyarrow.array(found, type or table[name].type))

    return change


DAMAGE: dict[str, tuple[Callable[[pyarrow.Table], pyarrow.Table | bytes], str]] = {
    "no Parquet": (lambda _: b"hello", "is not a Parquet file, or is damaged."),
    "an empty file": (lambda _: b"", "is not a Parquet file, or is damaged."),
    "a column is missing": (lambda t: t.drop_columns(["v"]), "its columns and types must be"),
    "plain strings": (_column("entry", type=pyarrow.string()), "its columns and types must be"),
    "no id": (_column("question_id", None), "question_id is missing in a row."),
    "no state": (_column("state", None), "state is missing in a row."),
    "another entry": (_column("entry", "<b>"), "not the accepted ones of board.json: <b>."),
    "an entry is missing": (lambda t: t.slice(5), f"of board.json: {GOOD}."),
    "no rows": (lambda t: t.slice(0, 0), "its entries are not the accepted ones"),
    "half of an entry": (lambda t: t.slice(2), "entries of the split test have different"),
    "rows twice": (lambda t: pyarrow.concat_tables([t, t]), "a question occurs twice"),
    "two conversations": (_column("conversation", "conv-2"), "a question is in two conversations."),
    "an unknown state": (_column("state", "<b>"), "<b> is not a state of an answer."),
    "infinite": (_column("v", math.inf), "v has a value that is not on the metric's scale."),
    "not a number": (_column("v", math.nan), "v has a value that is not on"),
    "negative": (_column("f1", -1), "f1 has a value that is not on"),
    "too large": (_column("f1", 100), "f1 has a value that is not on"),
}


@pytest.fixture
def resealed(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer
) -> Callable[[Callable[[pyarrow.Table], pyarrow.Table | bytes]], Board]:
    """Makes a board of two entries, whose hash is that of a changed scores.parquet."""

    def change(edit: Callable[[pyarrow.Table], pyarrow.Table | bytes]) -> Board:
        submitted(system="good")
        submitted(system="other")
        board = verify(submissions, benchmark=benchmark, scorer=scorer)
        path, changed = submissions / SCORES_FILE, edit(board.question_scores())
        if isinstance(changed, bytes):
            path.write_bytes(changed)
        else:
            pyarrow.parquet.write_table(changed, path)
        return replace(board, scores_sha256=sha256_file(path))

    return change


@pytest.mark.parametrize("name", DAMAGE)
def test_a_file_that_verification_did_not_write_is_refused(
    name: str, resealed: Callable[..., Board]
) -> None:
    edit, message = DAMAGE[name]
    with pytest.raises(InputError, match=re.escape(message)):
        resealed(edit).question_scores()


def test_questions_that_the_benchmark_lacks_are_refused(
    resealed: Callable[..., Board], benchmark: Benchmark, tmp_path: Path
) -> None:
    ids = ["conv-1/t/9", *sorted(TEST)[1:]] * 2
    board = resealed(_column("question_id", *ids))
    assert board.question_scores().num_rows == 10
    message = "the benchmark has no question conv-1/t/9 with a gold answer."
    with pytest.raises(InputError, match=message):
        write_questions(DataFolder(tmp_path / "data"), board, read_scores(board), benchmark)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        check_questions(board.folder, ids, GOLD)
