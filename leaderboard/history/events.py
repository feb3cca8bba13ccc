"""Reads the history of one entry, and checks that it is consistent.

<system>__<answerer>/
    <date>/                 the entry, which never changes
    <date>.history.yaml     what happened to it since: a list, to which events are only added
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from locomo_vqa.files import some

from ..board_entry import Standing
from ..entry_files.look_alikes import unseen_characters
from ..entry_files.plain_files import read_plain
from ..entry_files.plain_yaml import parse_plain_yaml
from .days import parse_day

__all__ = [
    "EVENTS",
    "MOST_EVENTS",
    "EventKind",
    "HistoryEvent",
    "event_problems",
    "parse_history",
    "read_history",
    "standing_after",
]

EventKind = Literal["withdrawn", "superseded", "disputed", "answered", "settled"]
"""What can happen to an entry:

withdrawn    it must not count any more; it stays visible, without a rank
superseded   a newer entry, named with it, counts instead; it stays visible, without a rank
disputed     somebody doubts it; it stays ranked, with a mark
answered     somebody answers a dispute
settled      a dispute is over; the mark goes, and what was said stays
"""
EVENTS: tuple[EventKind, ...] = get_args(EventKind)

MOST_EVENTS = 200
"""How many events a history may have, as in its schema."""

_MOST_CHARACTERS = {"who": 200, "why": 2000}
_MARKUP = re.compile(r"<[A-Za-z/!?]|\]\(|\]\[")
"""A tag, a comment, or a link or image of Markdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEvent:
    """One event in the history of an entry."""

    event: EventKind
    """See `EventKind`."""
    date: str
    """The day, such as 2026-08-31."""
    who: str
    """Who says so: an address or an account."""
    why: str
    """The reason; of an answer, the answer."""
    by: str | None = None
    """The entry that supersedes this one."""


def read_history(path: Path) -> tuple[HistoryEvent, ...]:
    """Read a history file, in bounded memory and without following a link.

    Raises:
        InputError: it can't be read, or does not match the schema `history`.
    """
    return parse_history(read_plain(path), path=Path(path.name))


def parse_history(text: str, *, path: Path) -> tuple[HistoryEvent, ...]:
    """Parse the text of a history file; `path` is used in error messages only.

    Raises:
        InputError: it is not plain YAML, or does not match the schema `history`.
    """
    return tuple(
        HistoryEvent(
            event=raw["event"],
            date=raw["date"],
            who=" ".join(raw["who"].split()),
            why=" ".join(raw["why"].split()),
            by=raw.get("by"),
        )
        for raw in parse_plain_yaml(text, path=path, schema="history")
    )


def event_problems(name: str, events: Sequence[HistoryEvent]) -> Iterator[str]:
    """Yield why the events of the entry `name` can't have happened in this order."""
    last, before = parse_day(name.rpartition("/")[2]), "the date of the entry"
    ended = opened = False
    for number, one in enumerate(events, 1):
        problems = list(_text_problems(one))
        if (day := parse_day(one.date)) is None:
            problems.append(f"{one.date} is not a date, such as 2026-08-31")
        elif last is not None and day < last:
            problems.append(f"its date {day} is before {last}, {before}")
        if one.event in ("withdrawn", "superseded") and ended:
            problems.append("the entry was already withdrawn or superseded")
        if one.event in ("answered", "settled") and not opened:
            problems.append(f"nothing can be {one.event}, as the entry is not disputed")
        if (one.by is not None) != (one.event == "superseded"):
            problems.append(
                "`by` names the entry that supersedes it, and belongs to no other event"
            )
        yield from (f"event {number} ({one.event}): {problem}." for problem in problems)
        last, before = day or last, "the date of the event before it"
        ended |= one.event in ("withdrawn", "superseded")
        opened = one.event == "disputed" or (opened and one.event != "settled")


def standing_after(events: Sequence[HistoryEvent]) -> Standing:
    """Return the standing of an entry after these events."""
    standing: Standing = "current"
    disputed = False
    for one in events:
        if one.event == "withdrawn" or one.event == "superseded":
            standing = one.event
        elif one.event in ("disputed", "settled"):
            disputed = one.event == "disputed"
    return "disputed" if disputed and standing == "current" else standing


def _text_problems(event: HistoryEvent) -> Iterator[str]:
    for field, text in (("who", event.who), ("why", event.why)):
        if not any(character.isalnum() for character in text):
            yield f"`{field}` has no letter or digit"
        if len(text) > _MOST_CHARACTERS[field]:
            yield f"`{field}` has more than {_MOST_CHARACTERS[field]:,} characters"
        if unseen := unseen_characters(text):
            yield f"`{field}` has characters that can't be seen: {some(unseen)}"
        if found := _MARKUP.search(text):
            yield f"`{field}` has markup ({found[0]}…), but must be plain text"
