"""Training hints: words that a model is expected to predict within a prompt.

A reply is often two steps away from the prompt: which time was mentioned, and what date that is;
which memory is meant, and what its date or number is. Without hints, getting only the first step
right is not rewarded. The hints are at the end of "last Friday" (the day of the month), throughout
a memory (whom and what it is about), at the end of a numbered memory (its number), on the last word
of a new fact (the number of the memory that it is about, or "new") and on the last word of a
question (whose story it is about, even if it asks about the other person).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from locomo_vqa.builders.sample.times import NUMBER_WORDS

__all__ = [
    "PromptHint",
    "change_hints",
    "memory_hints",
    "number_hints",
    "question_hint",
    "time_hints",
]

_NUMBERS = {word: number for number, word in enumerate(NUMBER_WORDS) if number}
_THROUGHOUT_WEIGHT = 0.1
"""The weight of a hint that spans many tokens."""

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TIME = re.compile(
    r"yesterday|(?P<days>\w+) days ago|last (?P<day>\w+day)|last (?P<last>month|year)"
    r"|(?P<next>next) month|in (?P<months>\w+) months|(?P<years>\w+) years ago"
)


class PromptHint(NamedTuple):
    """A word that is expected within a prompt."""

    place: int
    """The number of characters before it; if no token ends there, the hint is left out."""
    word: str
    weight: float = 1.0
    """Its weight; a token of a reply has 1 or more."""


def time_hints(turns: str, today: date) -> Iterator[PromptHint]:
    """Yield the word that a fact's date begins with, after each time that is mentioned."""
    for found in _TIME.finditer(turns):
        word = _first_word_of_date(found, today)
        if word is not None:
            yield PromptHint(found.end(), f" {word}")


@lru_cache(maxsize=2)
def memory_hints(memories: str) -> tuple[PromptHint, ...]:
    """Return whom and what each memory is about, throughout it; memories are lines or JSON.

    An answer may begin anywhere in a memory, and finding it takes both. Several prompts in a row
    begin with the same memories.
    """
    return tuple(
        hint
        for line in re.finditer(r'(?:^- |"text": ")([^"\n]*)', memories, re.MULTILINE)
        for found in re.finditer(r"[^.]+\.", line[1])
        for hint in _about(found[0], line.start(1) + found.start())
    )


def _about(fact: str, start: int) -> Iterator[PromptHint]:
    words = fact.removeprefix(" Before: ").split()
    topic = words[{"is": 2, "went": 4}.get(words[1], 1)]
    name = words[0].removesuffix("'s")
    first = fact.index(f" {topic}") + len(topic) + 1
    for place in range(start + first, start + len(fact) + 1):
        yield PromptHint(place, f" {topic}", _THROUGHOUT_WEIGHT)
        yield PromptHint(place, f" {name}", _THROUGHOUT_WEIGHT)


def number_hints(memories: str) -> Iterator[PromptHint]:
    """Yield the number of every memory in a JSON list, at the memory's end."""
    for found in re.finditer(r'\{"id": "(\d+)", "text": "[^"]*', memories):
        yield PromptHint(found.end(), found[1])


def change_hints(prompt: str, start: int, facts: Sequence[tuple[str, str]]) -> Iterator[PromptHint]:
    """Yield the number given with each new fact, on the last word of the fact after `start`."""
    for text, number in facts:
        start = prompt.index(text, start) + len(text)
        yield PromptHint(start - 1, number)


def question_hint(prompt: str, question: str, owner: str) -> PromptHint:
    """Return whose story a question is about, on its last word."""
    return PromptHint(prompt.rindex(question) + len(question) - 1, f" {owner}")


def _first_word_of_date(found: re.Match[str], today: date) -> str | None:
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
