"""Reads the histories of all entries, up to a day."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.text import escape_unprintable

from ..board_entry import Standing
from ..entry_files.folder import EntryFolder, find_histories
from ..entry_files.plain_files import HISTORY
from .days import is_later
from .events import HistoryEvent, event_problems, read_history, standing_after

__all__ = ["NO_HISTORY", "EntryHistory", "histories_of", "read_histories"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryHistory:
    """What happened to one entry up to a day."""

    events: tuple[HistoryEvent, ...] = ()
    """Oldest first."""
    later: int = 0
    """The number of events after the day, which don't count."""
    problems: tuple[str, ...] = ()
    """Why the history can't be used, one sentence each."""

    @property
    def standing(self) -> Standing:
        """See `Standing`."""
        return standing_after(self.events)

    @property
    def unranked(self) -> str | None:
        """Why the entry has no rank; None if it may have one."""
        for one in self.events:
            if one.event == "withdrawn":
                return f"It was withdrawn on {one.date} by {one.who}: {one.why}"
            if one.event == "superseded":
                return f"It was superseded by {one.by} on {one.date}: {one.why}"
        return None

    def to_json(self) -> tuple[dict[str, Any], ...]:
        """Return the events as board.json has them."""
        return tuple(asdict(one) for one in self.events)


NO_HISTORY = EntryHistory()
"""Of an entry to which nothing happened."""


def read_histories(
    folder: Path, entries: Sequence[EntryFolder], day: date
) -> dict[str, EntryHistory]:
    """Return the history of each entry that has one, by name.

    Args:
        folder: the folder of submissions.
        entries: the entries on the board of that day.
        day: the last day whose events count.
    """
    known = {one.name for one in entries}
    read = {
        name: _read_until(path, day)
        for name, path in find_histories(folder).items()
        if name in known
    }
    return histories_of(read, known)


def histories_of(
    read: Mapping[str, EntryHistory], known: Collection[str]
) -> dict[str, EntryHistory]:
    """Return histories with the problems of their events, alone and together.

    Args:
        read: the histories as they were read, by entry.
        known: the names of all entries.
    """
    successors = {
        name: one.by
        for name, history in read.items()
        for one in history.events
        if one.event == "superseded" and one.by is not None
    }
    found = {}
    for name, history in read.items():
        file = f"{name.rpartition('/')[2]}{HISTORY}"
        problems = (
            *event_problems(name, history.events),
            *_successor_problems(name, history.events, successors, known),
        )
        found[name] = EntryHistory(
            events=history.events,
            later=history.later,
            problems=(*history.problems, *(f"{file}: {problem}" for problem in problems)),
        )
    return found


def _read_until(path: Path, day: date) -> EntryHistory:
    try:
        events = read_history(path)
    except InputError as error:
        return EntryHistory(problems=(error.message,))
    until = tuple(one for one in events if not is_later(one.date, day))
    return EntryHistory(events=until, later=len(events) - len(until))


def _successor_problems(
    name: str,
    events: Sequence[HistoryEvent],
    successors: Mapping[str, str],
    known: Collection[str],
) -> Iterator[str]:
    for one in events:
        if one.event != "superseded" or one.by is None:
            continue
        by = escape_unprintable(one.by, most=80)
        if one.by == name:
            yield "the entry can't supersede itself."
        elif one.by not in known:
            yield f"{by}, which supersedes it, is not an entry."
        elif one.by.rpartition("/")[2] > one.date:
            yield f"{by} is dated later than {one.date}, when it superseded the entry."
        elif _leads_back(name, successors):
            yield f"{by}, which supersedes it, is itself superseded by it in the end."


def _leads_back(name: str, successors: Mapping[str, str]) -> bool:
    seen, next_name = {name}, successors.get(name)
    while next_name is not None and next_name not in seen:
        seen.add(next_name)
        next_name = successors.get(next_name)
    return next_name == name
