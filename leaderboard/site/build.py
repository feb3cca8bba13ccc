"""Writes the board as a static site: pages that open from a file, and tables of results."""

from __future__ import annotations

import os
from pathlib import Path

from locomo_vqa.arguments import check_path
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import some, write_text

from ..board import Board, read_board
from ..entry_files.folder import find_entries, fingerprint
from ..records.results_csv import results_csv
from ..records.results_parquet import results_parquet
from ..results import result_rows
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
def build_site(board: Board | str | os.PathLike[str], *, out: str | os.PathLike[str]) -> Path:
    """Write a board as a static site, and return the site's folder.

    `out` is written completely or not at all. An earlier site made by this function is replaced,
    and its pages stay until the new ones are complete. If `out` is a symbolic link, the folder that
    it points to is replaced.

    Args:
        board: what `locomo_vqa.verify` returned, or a folder of submissions that was verified.
        out: the site's folder: pages that open without a server, results.csv and results.parquet.

    Raises:
        InputError: board.json is missing, or the submissions changed after it was written.
        OutputError: `out` has other content, or can't be written.
    """
    target = check_path("out", out)
    if not isinstance(board, Board):
        board = read_board(check_path("board", board, allowed="a path or a Board"))
    _check_unchanged(board)
    with site_folder(resolve_out(target), FILES) as site:
        _write_site(site, board)
    return target


def _check_unchanged(board: Board) -> None:
    now = {
        found.name: {} if found.problem else fingerprint(found.path).files
        for found in find_entries(board.folder)
    }
    then = {entry.name: dict(entry.files) for entry in board}
    changed = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    if changed:
        raise InputError(
            f"{board.folder}: changed after it was verified: {some(changed)}.",
            "Verify the submissions again (`locomo-vqa leaderboard verify`), then build the site.",
        )


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
