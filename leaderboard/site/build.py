"""Writes the board as a static site: pages that open from a file, and tables of results."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from locomo_vqa.arguments import check_path
from locomo_vqa.checked import checked
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

__all__ = ["FILES", "PAGE", "PARQUET", "RESULTS", "build_site"]

PAGE = "index.html"
"""The file name of the page that is opened first."""

RESULTS = "results.csv"
"""The table's file name."""

PARQUET = "results.parquet"
"""The table's file name as Parquet, with types and ranks."""

FILES = (RESULTS, PARQUET, *(name for name in PAGES if name != PAGE), PAGE)
"""The files of a site beside its folder of data, in the order in which they are replaced."""


@checked
def build_site(
    board: Board | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    as_of: date | str | None = None,
) -> Path:
    """Write a board as a static site, and return the site's folder.

    `out` is written completely or not at all. An earlier site made by this function is replaced,
    and its pages stay until the new ones are complete. If `out` is a symbolic link, the folder that
    it points to is replaced.

    Args:
        board: what `locomo_vqa.verify` returned, or a folder of submissions that was verified.
        out: the site's folder: pages that open without a server, results.csv and results.parquet.
        as_of: the day that the board was verified for; None for the day of the Board, or today.

    Raises:
        InputError: board.json is missing, or the submissions changed after it was written.
        OutputError: `out` has other content, or can't be written.
    """
    target = check_path("out", out)
    day = None if as_of is None else check_day("as_of", as_of)
    if not isinstance(board, Board):
        board = read_board(check_path("board", board, allowed="a path or a Board"))
    check_unchanged(board, day)
    with site_folder(resolve_out(target), FILES) as site:
        _write_site(site, board)
    return target


def _write_site(site: Path, board: Board) -> None:
    rows = board_rows(board)
    folder = DataFolder(site / "data")
    for entry, row in zip(accepted_entries(board), rows, strict=True):
        folder.write(f"entries/{row['number']}", entry_data(board, entry, row))
    page = page_data(board, rows)
    shared = {
        "dataset": page["dataset"],
        "files": folder.name,
        "metrics": page["metrics"],
        "main": page["main"],
        "groups": page["groups"],
        "names": [row["entry"] for row in rows],
    }
    folder.path.rename(site / folder.name)
    write_text(site / RESULTS, results_csv(result_rows(board, board.rankings)))
    (site / PARQUET).write_bytes(results_parquet(board, board.rankings))
    for name in PAGES:
        write_text(site / name, site_page(name, page if name == PAGE else shared))
