"""Writes the board as a static site: one page that opens from a file, and a table of results."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from locomo_vqa.arguments import check_path
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import new_folder, some, write_text
from locomo_vqa.html_json import json_for_html
from locomo_vqa.locks import locked_folder
from locomo_vqa.page import read_asset, render_page
from locomo_vqa.unfinished import unfinished

from ..board import Board, read_board
from ..entry_files.folder import find_entries, fingerprint
from ..records.results_csv import results_csv
from ..records.results_parquet import results_parquet
from ..results import result_rows
from .page_data import page_data

__all__ = ["PAGE", "PARQUET", "RESULTS", "build_site"]

PAGE = "index.html"
"""The page's file name."""

RESULTS = "results.csv"
"""The table's file name."""

PARQUET = "results.parquet"
"""The table's file name as Parquet, with types and ranks."""

_GENERATOR = "locomo-vqa leaderboard"
_MARK = f'<meta name="generator" content="{_GENERATOR}">'
_HEAD = 2000
"""How many bytes of a page are searched for the mark."""
_SCRIPTS = ("cells.js", "chart.js", "board.js")
"""In the order in which they run; together they are one script."""
_REMEDY = "Choose another `out`."


@checked
def build_site(board: Board | str | os.PathLike[str], *, out: str | os.PathLike[str]) -> Path:
    """Write a board as a static site, and return the site's folder.

    `out` is written completely or not at all. An earlier site made by this function is replaced,
    and its page stays until the new one is complete. If `out` is a symbolic link, the folder that
    it points to is replaced.

    Args:
        board: what `locomo_vqa.verify` returned, or a folder of submissions that was verified.
        out: the site's folder: a page that opens without a server, results.csv and
            results.parquet.

    Raises:
        InputError: board.json is missing, or the submissions changed after it was written.
        OutputError: `out` has other content, or can't be written.
    """
    target = check_path("out", out)
    if not isinstance(board, Board):
        board = read_board(check_path("board", board, allowed="a path or a Board"))
    _check_unchanged(board)
    place = _resolve_out(target)
    page = _page(page_data(board))
    table = results_csv(result_rows(board, board.rankings))
    parquet = results_parquet(board, board.rankings)
    with _place_of_a_site(place) as site:
        write_text(site / PAGE, page)
        write_text(site / RESULTS, table)
        (site / PARQUET).write_bytes(parquet)
    return target


def _resolve_out(out: Path) -> Path:
    try:
        place = out.resolve()
        here = Path.cwd().resolve()
    except (OSError, RuntimeError) as error:  # A loop of links is a RuntimeError before 3.13.
        raise OutputError(f"{out}: can't be resolved ({error}).", _REMEDY) from None
    if place == here or place in here.parents:
        raise OutputError(
            f"{out}: is the current folder or one above it, and can't be replaced.",
            "Name a folder below it, such as site, as `out`.",
        )
    return place


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


@contextmanager
def _place_of_a_site(out: Path) -> Iterator[Path]:
    """Yield a folder to fill, whose files move to `out` when the block ends without an error.

    The files of an earlier site are replaced one by one, the page last, so that there is always a
    complete page.
    """
    if not out.is_dir() or not any(out.iterdir()):
        with new_folder(out, what="the site", remedy=_REMEDY) as site:
            yield site
        return
    _check_replaceable(out)
    busy = "another process is writing this site"
    try:
        with (
            locked_folder(out, busy=busy, remedy="Wait until it has finished."),
            unfinished(out, kind="folder") as site,
        ):
            yield site
            for name in (RESULTS, PARQUET, PAGE):
                (site / name).replace(out / name)
    except OSError as error:
        raise OutputError(f"{out}: can't be replaced ({error.strerror}).", _REMEDY) from None


def _check_replaceable(out: Path) -> None:
    remedy = "Choose another `out`, or remove what is there."
    page = out / PAGE
    ours = (PAGE, PARQUET, RESULTS)
    others = sorted(path.name for path in out.iterdir() if path.name not in ours)
    if others:
        raise OutputError(f"{out}: has files that are not part of a board: {some(others)}.", remedy)
    if not page.is_file() or not _is_ours(page):
        raise OutputError(f"{out}: was not written by `locomo-vqa leaderboard build`.", remedy)


def _is_ours(page: Path) -> bool:
    with page.open("rb") as stream:
        return _MARK.encode() in stream.read(_HEAD)


def _page(data: dict[str, Any]) -> str:
    return render_page(
        title="LoCoMo-VQA leaderboard",
        generator=_GENERATOR,
        body=read_asset(__package__, "assets", "index.html"),
        style=read_asset(__package__, "assets", "board.css"),
        script="\n".join(read_asset(__package__, "assets", name) for name in _SCRIPTS),
        data_id="board-data",
        data=json_for_html(data),
    )
