"""Which entries are on the board of a day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

from locomo_vqa.errors import InputError

from ..entry_files.folder import EntryFolder, find_entries, find_histories
from ..entry_files.plain_files import HISTORY

__all__ = ["check_day", "entries_of_day", "is_later", "parse_day", "today"]


def today() -> date:
    """Return the day in UTC, by which submissions and events are dated and boards are made."""
    return datetime.now(UTC).date()


def parse_day(text: str) -> date | None:
    """Return a date written as 2026-08-31, or None for any other text."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}", text) else None
    except ValueError:
        return None


def is_later(text: str, day: date) -> bool:
    """Return whether a text is a date after a day."""
    found = parse_day(text)
    return found is not None and found > day


def check_day(name: str, day: object) -> date:
    """Return the last day that a board counts: the given one, or today.

    Args:
        name: the parameter's name.
        day: a date, a date as text, or None.

    Raises:
        InputError: it is not a date, or is in the future.
    """
    if day is None:
        return today()
    given = parse_day(day) if isinstance(day, str) else day
    if isinstance(given, datetime):
        given = given.date()
    if not isinstance(given, date):
        raise InputError(
            f"`{name}` must be a date such as 2026-08-31, not {day!r}.", f"Correct `{name}`."
        )
    if given > today():
        raise InputError(
            f"`{name}` is in the future: {given}.", "Choose a day up to today's in UTC."
        )
    return given


def entries_of_day(
    folder: Path, day: date
) -> tuple[tuple[EntryFolder, ...], tuple[EntryFolder, ...]]:
    """Return the entries dated up to a day, and the later ones, both sorted by name.

    An entry whose folder has no date is always among the first. So is one that has a history, but
    no folder: what was on a board must not vanish from it.

    Raises:
        InputError: the folder can't be read.
    """
    found = find_entries(folder)
    names = {one.name for one in found}
    vanished = [
        EntryFolder(
            name=name,
            path=path,
            problem=f"{path.name}: there is a history, but no folder {path.name[: -len(HISTORY)]}: "
            "an entry must not vanish.",
        )
        for name, path in find_histories(folder).items()
        if name not in names
    ]
    every = sorted((*found, *vanished), key=lambda one: (one.name, str(one.path)))
    later = [one for one in every if is_later(one.name.rpartition("/")[2], day)]
    return tuple(one for one in every if one not in later), tuple(later)
