"""A board in Python: its entries, its data frame, and how it shows itself."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from locomo_vqa import leaderboard
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.leaderboard.board import Board
from locomo_vqa.leaderboard.records.results_csv import COLUMNS
from locomo_vqa.leaderboard.site.build import build_site
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import Scorer

Submit = Callable[..., Path]
GOOD, BAD = "good__tiny-1/2026-08-31", "bad__tiny-1/2026-08-31"


@pytest.fixture
def board(submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer) -> Board:
    """A good entry with one of its two visual questions right, and a rejected one."""
    submitted(system="good", answers={"conv-1/v/D1:1/colour": "x"})
    (submitted(system="bad") / "run.json").unlink()
    return verify(str(submissions), benchmark=str(benchmark.folder), scorer=scorer)


def test_the_public_names_are_these() -> None:
    assert leaderboard.__all__ == [
        *("Board", "Entry", "Submission", "build_site", "export_eval_results"),
        *("export_records", "record_event", "reported_rows", "submit", "verify"),
    ]
    assert leaderboard.verify is verify
    assert set(leaderboard.__all__) <= set(dir(leaderboard))
    with pytest.raises(AttributeError, match="no attribute 'publish'"):
        _ = leaderboard.publish


def test_a_board_iterates_over_its_entries(board: Board) -> None:
    assert [entry.name for entry in board] == [BAD, GOOD]
    assert len(board) == 2
    assert (board[GOOD].value("v"), board[GOOD].value("f1")) == (50, 1)
    assert board[GOOD].value("l") is board[GOOD].value("j") is board[BAD].value("v") is None
    with pytest.raises(KeyError):
        _ = board["good"]


def test_a_data_frame_has_a_row_for_each_entry(board: Board) -> None:
    frame = board.to_frame()
    assert list(frame.columns) == [*COLUMNS, "state", "problems"]
    bad, good = frame.to_dict("records")
    assert (good["entry"], good["v"], good["v_low"], good["v_n"]) == (GOOD, 50, 40, 2)
    assert (good["images"], good["state"], good["problems"]) == ("pixels", "rescored", "")
    assert (bad["entry"], bad["state"], bad["problems"]) == (
        BAD,
        "rejected",
        "run.json: is missing.",
    )
    assert math.isnan(bad["v"])


def test_a_board_shows_itself_in_a_notebook(board: Board) -> None:
    shown = board._repr_html_()
    assert re.findall(r"<td[^>]*>([^<]*)</td>", shown) == [
        *(BAD, "rejected", "–", "–", "–", "–", "–"),
        *(GOOD, "rescored", "test", "50.0", "–", "–", "1.000"),
    ]
    assert f"<li>{BAD}: problem: run.json: is missing.</li>" in shown


def test_a_site_is_built_from_a_board_or_its_folder(board: Board, tmp_path: Path) -> None:
    pages = [
        build_site(source, out=str(tmp_path / out)) / "index.html"
        for source, out in ((board, "a"), (board.folder, "b"), (str(board.folder), "c"))
    ]
    assert len({page.read_bytes() for page in pages}) == 1


def test_wrong_arguments_are_refused(
    submitted: Submit, submissions: Path, benchmark: Benchmark
) -> None:
    submitted()
    with pytest.raises(InputError, match="`folder` must be a path, not None"):
        verify(None, benchmark=benchmark)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="`benchmark` must be a benchmark, a path or a name"):
        verify(submissions, benchmark=5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="`board` must be a path or a Board, not 5"):
        build_site(5, out="site")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="`out` must be a path, not None"):
        build_site(submissions, out=None)  # type: ignore[arg-type]


def test_without_a_scorer_the_evaluators_score(
    submitted: Submit, submissions: Path, benchmark: Benchmark
) -> None:
    submitted(answers={"conv-1/v/D1:1/colour": "x"})
    (entry,) = verify(submissions, benchmark=benchmark)
    assert entry.value("v") == 50
    assert entry.scores is not None
    assert entry.scores["metrics"]["v"]["signature"].startswith("v:")
