"""Hints of training: words that are expected within a prompt, besides what follows there.

A reply is often two steps away from the prompt: which time was told, and which day that is in the
calendar; which memory is meant, and what its date or its number is. One step alone is not
rewarded; with the hints it is. They stand at the end of "last Friday" (the day of the month), all
along a memory (whom and what it is about), at the end of a memory that has a number (the number),
on the last word of a new fact (the number of the memory that it is about, or "new") and on that of
a question (whose story it is about, even where it is asked of the other).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Hint", "change_hints", "memory_hints", "number_hints", "question_hint", "time_hints"]

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
_ALONG = 0.1
"""What a hint counts that stands on many tokens."""

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TIME = re.compile(
    r"yesterday|(?P<days>\w+) days ago|last (?P<day>\w+day)|last (?P<last>month|year)"
    r"|(?P<next>next) month|in (?P<months>\w+) months|(?P<years>\w+) years ago"
)


class Hint(NamedTuple):
    """A word that is expected somewhere in a prompt."""

    place: int
    """After so many characters; where no token ends there, the hint is left out."""
    word: str
    weight: float = 1.0
    """How much it counts; a token of a reply counts 1 or more."""


def time_hints(turns: str, today: date) -> Iterator[Hint]:
    """Yield the word that a fact's date begins with, after each time that is told."""
    for found in _TIME.finditer(turns):
        word = _meant(found, today)
        if word is not None:
            yield Hint(found.end(), f" {word}")


@lru_cache(maxsize=2)
def memory_hints(memories: str) -> tuple[Hint, ...]:
    """Return whom and what each memory is about, all along it, of memories a line each or in JSON.

    An answer may begin anywhere in a memory, and whoever looks for it looks for both. Several
    prompts in a row begin with the same memories.
    """
    return tuple(
        hint
        for line in re.finditer(r'(?:^- |"text": ")([^"\n]*)', memories, re.MULTILINE)
        for found in re.finditer(r"[^.]+\.", line[1])
        for hint in _about(found[0], line.start(1) + found.start())
    )


def _about(fact: str, start: int) -> Iterator[Hint]:
    words = fact.removeprefix(" Before: ").split()
    topic = words[{"is": 2, "went": 4}.get(words[1], 1)]
    name = words[0].removesuffix("'s")
    first = fact.index(f" {topic}") + len(topic) + 1
    for place in range(start + first, start + len(fact) + 1):
        yield Hint(place, f" {topic}", _ALONG)
        yield Hint(place, f" {name}", _ALONG)


def number_hints(memories: str) -> Iterator[Hint]:
    """Yield the number of every memory in a JSON list, at its end."""
    for found in re.finditer(r'\{"id": "(\d+)", "text": "[^"]*', memories):
        yield Hint(found.end(), found[1])


def change_hints(prompt: str, start: int, facts: Sequence[tuple[str, str]]) -> Iterator[Hint]:
    """Yield the number given with each new fact, on the last word of the fact after `start`."""
    for text, number in facts:
        start = prompt.index(text, start) + len(text)
        yield Hint(start - 1, number)


def question_hint(prompt: str, question: str, owner: str) -> Hint:
    """Return whose story a question is about, on its last word."""
    return Hint(prompt.rindex(question) + len(question) - 1, f" {owner}")


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
