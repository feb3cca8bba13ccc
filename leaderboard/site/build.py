"""Writes the board as a static site: pages that open from a file, and tables of results."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from locomo_vqa.arguments import check_path
from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import write_text

from ..board import Board, read_board
from ..history.days import check_day
from ..records.results_csv import results_csv
from ..records.results_parquet import results_parquet
from ..results import result_rows
from ..unchanged import check_unchanged
from .board_rows import accepted_entries, board_rows
from .data_files import DataFolder
from .entry_data import entry_data
from .folder import resolve_out, site_folder
from .page_data import page_data
from .pages import PAGES, site_page
from .question_files import write_questions
from .score_files import write_scores
from .score_matrix import read_scores

__all__ = ["FILES", "PAGE", "PARQUET", "RESULTS", "build_site"]

PAGE = "index.html"
"""The file name of the page that is opened first."""

RESULTS = "results.csv"
"""The table's file name."""

PARQUET = "results.parquet"
"""The table's file name as Parquet, with types and ranks."""

FILES = (RESULTS, PARQUET, *(name for name in PAGES if name != PAGE), PAGE)
"""The files of a site beside its folder of data, in the order in which they are replaced."""

_NAMES = ("system", "version", "answerer", "images", "date", "standing")
"""What the lists of entries show of each."""


@checked
def build_site(
    board: Board | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    as_of: date | str | None = None,
    benchmark: Benchmark | str | os.PathLike[str] | None = None,
) -> Path:
    """Write a board as a static site, and return the site's folder.

    `out` is written completely or not at all. An earlier site made by this function is replaced,
    and its pages stay until the new ones are complete. If `out` is a symbolic link, the folder that
    it points to is replaced.

    Args:
        board: what `locomo_vqa.verify` returned, or a folder of submissions that was verified.
        out: the site's folder: pages that open without a server, results.csv and results.parquet.
        as_of: the day that the board was verified for; None for the day of the Board, or today.
        benchmark: the benchmark that the submissions were verified with, its folder, or its name,
            for a page with each question, its image and gold answer, and everyone's answers. If
            None, the site has none of these.

    Raises:
        InputError: board.json is missing, the submissions changed after it was written, or the
            benchmark is not the board's.
        OutputError: `out` has other content, or can't be written.
    """
    target = check_path("out", out)
    loaded = None if benchmark is None else load_argument(benchmark)
    day = None if as_of is None else check_day("as_of", as_of)
    if not isinstance(board, Board):
        board = read_board(check_path("board", board, allowed="a path or a Board"))
    if loaded is not None:
        _check_benchmark(board, loaded)
    check_unchanged(board, day)
    with site_folder(resolve_out(target), FILES) as site:
        _write_site(site, board, loaded)
    return target


def _check_benchmark(board: Board, benchmark: Benchmark) -> None:
    if benchmark.revision != board.revision:
        raise InputError(
            f"`benchmark` is {benchmark.name}, revision {benchmark.revision[:12]}, but the "
            f"submissions were verified with {board.dataset}, revision {board.revision[:12]}.",
            "Name the benchmark that they were verified with as `benchmark`.",
        )


def _write_site(site: Path, board: Board, benchmark: Benchmark | None) -> None:
    rows = board_rows(board)
    folder = DataFolder(site / "data")
    for entry, row in zip(accepted_entries(board), rows, strict=True):
        folder.write(f"entries/{row['number']}", entry_data(board, entry, row))
    folder.write("names", [{name: row[name] for name in _NAMES} for row in rows])
    scores = read_scores(board)
    if scores is not None:
        write_scores(folder, scores)
        if benchmark is not None:
            write_questions(folder, board, scores, benchmark)
    page = page_data(board, rows)
    shared = {
        "dataset": page["dataset"],
        "files": folder.name,
        "metrics": page["metrics"],
        "main": page["main"],
        "groups": page["groups"],
        "few_conversations": page["few_conversations"],
        "names": [row["entry"] for row in rows],
        "compared": scores is not None,
        "questions": scores is not None and benchmark is not None,
    }
    folder.path.rename(site / folder.name)
    write_text(site / RESULTS, results_csv(result_rows(board, board.rankings)))
    (site / PARQUET).write_bytes(results_parquet(board, board.rankings))
    for name in PAGES:
        write_text(site / name, site_page(name, page if name == PAGE else shared))
