"""Opens a board for an export, chooses its entries, and makes the folders to write to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from locomo_vqa.arguments import check_path
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import some

from ..board import Board, read_board
from ..board_entry import Entry
from ..unchanged import check_unchanged

__all__ = ["chosen_entries", "make_folder", "opened_board"]


def opened_board(board: Board | str | os.PathLike[str]) -> Board:
    """Return a board, read if a folder is given, whose submissions are as they were verified.

    Raises:
        InputError: board.json is missing, or the submissions changed after it was written.
    """
    if not isinstance(board, Board):
        board = read_board(check_path("board", board, allowed="a path or a Board"))
    check_unchanged(board)
    return board


def chosen_entries(board: Board, names: Sequence[str] | None) -> list[Entry]:
    """Return the named entries; None means all that are accepted and not withdrawn.

    Raises:
        InputError: a name is not on the board, or that entry was rejected.
    """
    if names is None:
        return [e for e in board if e.state == "rescored" and e.standing != "withdrawn"]
    if isinstance(names, str):
        raise InputError("`entries` must be a list of names.", "Put the name in a list.")
    by_name = {entry.name: entry for entry in board}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise InputError(
            f"`entries`: not on the board: {some([repr(name)[:120] for name in unknown])}.",
            f"The board has {some(list(by_name), most=5) or 'no entries'}.",
        )
    rejected = [name for name in names if by_name[name].state == "rejected"]
    if rejected:
        raise InputError(
            f"`entries`: rejected, so without scores: {some(rejected)}.", "Choose others."
        )
    return [by_name[name] for name in dict.fromkeys(names)]


def make_folder(path: Path) -> None:
    """Make a folder, and those above it.

    Raises:
        OutputError: it can't be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path}: the folder can't be made ({error.strerror}).", "Choose another `out`."
        ) from None
