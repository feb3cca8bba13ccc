"""Checks that a board is still the one of its folder of submissions."""

from __future__ import annotations

from datetime import date

from locomo_vqa.errors import InputError
from locomo_vqa.files import some

from .board import Board
from .entry_files.folder import fingerprint
from .history.board_day import read_day
from .history.days import today
from .history.histories import NO_HISTORY

__all__ = ["check_unchanged"]


def check_unchanged(board: Board, day: date | None = None) -> None:
    """Check that the submissions, and what happened to them, are those that were verified.

    Args:
        board: the board.
        day: the day that it was verified for; None for the Board's own, or today.

    Raises:
        InputError: an entry or a history was added, changed or removed.
    """
    day = day or board.day or today()
    found_now = read_day(board.folder, day)
    now = {
        found.name: (
            {} if found.problem else fingerprint(found.path).files,
            found_now.histories.get(found.name, NO_HISTORY).to_json(),
        )
        for found in found_now.entries
    }
    then = {entry.name: (dict(entry.files), tuple(entry.history)) for entry in board}
    changed = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    if changed:
        raise InputError(
            f"{board.folder}: changed after it was verified, or is not the board of {day}: "
            f"{some(changed)}.",
            "Verify the submissions again (`locomo-vqa leaderboard verify`), for the same day, "
            "then build the site.",
        )
