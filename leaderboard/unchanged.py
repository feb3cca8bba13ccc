"""Checks that submissions are the ones that were verified."""

from __future__ import annotations

from locomo_vqa.errors import InputError
from locomo_vqa.files import some

from .board import Board
from .entry_files.folder import find_entries, fingerprint

__all__ = ["check_unchanged"]


def check_unchanged(board: Board) -> None:
    """Check that the files of a board's entries have the hashes that board.json gives.

    Raises:
        InputError: an entry's files changed, or an entry is new or gone.
    """
    now = {
        found.name: {} if found.problem else fingerprint(found.path).files
        for found in find_entries(board.folder)
    }
    then = {entry.name: dict(entry.files) for entry in board}
    changed = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    if changed:
        raise InputError(
            f"{board.folder}: changed after it was verified: {some(changed)}.",
            "Verify the submissions again (`locomo-vqa leaderboard verify`), then try again.",
        )
