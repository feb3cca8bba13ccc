"""Hints of training: words that are expected within a prompt, besides what follows there.

A reply is often two steps away from the prompt: which time was told, and which day that is in the
calendar; which memory is meant, and what its date or its number is. One step alone is not
rewarded; with the hints it is. They stand at the end of "last Friday" (the day of the month), on
the date within a memory (what the memory is about, and whom) and at the end of a memory that has
a number (the number).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

__all__ = ["memory_hints", "number_hints", "time_hints"]

_NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DATE = re.compile(r"\b(?:on|before) (\d+) (\w+) \d{4}")
_TIME = re.compile(
    r"yesterday|(?P<days>\w+) days ago|last (?P<day>\w+day)|last (?P<last>month|year)"
    r"|(?P<next>next) month|in (?P<months>\w+) months|(?P<years>\w+) years ago"
)


def time_hints(turns: str, today: date) -> Iterator[tuple[int, str]]:
    """Yield the place after each time that is told, and the word that a fact's date begins with."""
    for found in _TIME.finditer(turns):
        word = _meant(found, today)
        if word is not None:
            yield found.end(), f" {word}"


def memory_hints(memories: str) -> Iterator[tuple[int, str]]:
    """Yield places on dates, or at the end, of memories that stand a line each, and words."""
    for line in re.finditer(r"^- (?P<text>.*)$", memories, re.MULTILINE):
        for found in re.finditer(r"[^.]+\.", line["text"]):
            yield from _about(found[0], line.start("text") + found.start())


def _about(fact: str, start: int) -> Iterator[tuple[int, str]]:
    words = fact.removeprefix(" Before: ").split()
    topic = words[{"is": 2, "went": 4}.get(words[1], 1)]
    dated = _DATE.search(fact)
    places = (dated.end(1), dated.end(2)) if dated else (len(fact) - 1, len(fact))
    yield start + places[0], f" {topic}"
    name = words[0].removesuffix("'s")
    yield start + places[1], f" {name}"


def number_hints(memories: str) -> Iterator[tuple[int, str]]:
    """Yield the end of every numbered memory in a JSON list, and its number."""
    for found in re.finditer(r'\{"id": "(\d+)", "text": "[^"]*', memories):
        yield found.end(), found[1]


def _meant(found: re.Match[str], today: date) -> str | None:
    if found["last"] == "year" or found["years"] in _NUMBERS:
        return str(today.year - _NUMBERS.get(found["years"] or "one", 0))
    if found["last"] == "month" or found["next"] or found["months"] in _NUMBERS:
        step = -1 if found["last"] else _NUMBERS[found["months"] or "one"]
        return f"{date(2000, (today.month - 1 + step) % 12 + 1, 1):%B}"
    if found["day"] in _DAYS:
        back = (today.weekday() - _DAYS.index(found["day"])) % 7 or 7
        return str((today - timedelta(days=back)).day)
    if found["days"] in _NUMBERS:
        return str((today - timedelta(days=_NUMBERS[found["days"]])).day)
    return str((today - timedelta(days=1)).day) if found[0] == "yesterday" else None
