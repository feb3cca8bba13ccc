"""results.parquet: the values of results.csv with types, text as it was given, and ranks."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.leaderboard.board import Board
from locomo_vqa.leaderboard.records.results_csv import COLUMNS, results_csv
from locomo_vqa.leaderboard.records.results_parquet import results_parquet
from locomo_vqa.leaderboard.results import result_rows
from locomo_vqa.leaderboard.site.build import build_site
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import Scorer

Submit = Callable[..., Path]
FORMULA = '=HYPERLINK("https://evil.example","x")'


@pytest.fixture
def board(submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer) -> Board:
    """Two entries, one of which is named like a formula, and a rejected one."""
    submitted(system="good", answers={"conv-1/v/D1:1/colour": "x"})
    submitted(system="other", name=FORMULA)
    (submitted(system="bad") / "run.json").unlink()
    return verify(submissions, benchmark=benchmark, scorer=scorer, progress=False)


def _table(content: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(content))


def test_the_columns_are_those_of_the_csv_with_types(board: Board) -> None:
    table = _table(results_parquet(board))
    assert table.column_names[: len(COLUMNS)] == list(COLUMNS)
    types = {field.name: str(field.type) for field in table.schema}
    assert (types["v"], types["v_n"], types["trained_on_locomo"]) == ("double", "int32", "bool")
    rows = {row["system"]: row for row in table.to_pylist()}
    assert set(rows) == {"good", FORMULA}, "a rejected entry has no row"
    good = rows["good"]
    assert (good["v"], good["v_n"], good["l"], good["trained_on_locomo"]) == (50, 2, None, False)
    assert (good["kind"], good["badge"], good["standing"]) == ("run", "rescored", "current")


def test_the_values_are_those_of_the_csv(board: Board) -> None:
    rows = list(csv.DictReader(io.StringIO(results_csv(result_rows(board)))))
    for row, typed in zip(rows, _table(results_parquet(board)).to_pylist(), strict=True):
        for name in ("v", "v_low", "f1", "answered", "questions", "answer_length"):
            assert float(row[name]) == typed[name]
    assert f"'{FORMULA}" in {row["system"] for row in rows}


def test_ranks_come_from_the_entry_s_table(board: Board) -> None:
    ranked = replace(board["good__tiny-1/2026-08-31"], table="test")
    place = {"rank": [1, 3], "group": "a"}
    rankings = {
        "test": {"v": {"entries": {ranked.name: place}}},
        "all": {"v": {"entries": {ranked.name: {"rank": [9, 9], "group": "z"}}}},
    }
    row = _table(results_parquet([ranked], rankings)).to_pylist()[0]
    assert (row["v_rank_low"], row["v_rank_high"], row["v_group"]) == (1, 3, "a")
    assert (row["f1_rank_low"], row["f1_group"]) == (None, None)


def test_the_same_board_gives_the_same_bytes(board: Board, tmp_path: Path) -> None:
    assert results_parquet(board) == results_parquet(board)
    site = build_site(board, out=tmp_path / "site")
    assert (site / "results.parquet").read_bytes() == results_parquet(board, board.rankings)
    build_site(board, out=tmp_path / "site")
    assert (site / "results.parquet").exists()


def test_a_board_without_entries_has_the_columns() -> None:
    assert _table(results_parquet([])).num_rows == 0
