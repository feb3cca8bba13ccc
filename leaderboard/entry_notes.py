"""What a maintainer should know about an accepted entry: its names, its date, and its answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from locomo_vqa.files import some
from locomo_vqa.runs import Prediction
from locomo_vqa.text import escape_unprintable

from .look_alikes import appearance, mixed_word, unseen_characters

__all__ = [
    "AnswerSet",
    "ComparedEntry",
    "is_in_the_future",
    "name_notes",
    "name_problems",
    "notes_between",
]

_LONG_ANSWER = 5
"""Answers of fewer words are often the same in two systems that are both right."""
_FEWEST_ANSWERS = 20
"""With fewer different long answers, a share of equal ones says nothing."""
_SAME_SHARE = 0.9


def name_problems(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Yield why an entry's name can't be shown on a board."""
    name = metadata["system"]["name"]
    unseen = unseen_characters(name)
    if unseen:
        yield f"system.name has characters that can't be seen: {some(unseen)}."
    elif not any(character.isalnum() for character in name):
        yield f"system.name has no letter or digit: {escape_unprintable(name, most=80)}."


def name_notes(metadata: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is unusual about an entry's names, whatever the other entries are."""
    system, recorded = metadata["system"], run["system"]
    if system["name"] != recorded["name"]:
        yield (
            f"run.json says that the run's name is {_quoted(recorded['name'])}, "
            f"not {_quoted(system['name'])}."
        )
    if system["version"] != recorded["version"]:
        yield (
            f"run.json says that the version is {_quoted(recorded['version'])}, "
            f"not {_quoted(system['version'])}."
        )
    mixed = mixed_word(system["name"])
    if mixed is not None:
        yield (
            f"The name {_quoted(system['name'])} mixes alphabets: "
            f"{mixed!r} is {ascii(mixed)[1:-1]}."
        )
    texts = {
        "system.version": system["version"],
        "answerer.model": metadata["answerer"]["model"],
        "contact": metadata["contact"],
    }
    for field, text in texts.items():
        unseen = unseen_characters(text or "")
        if unseen:
            yield f"{field} has characters that can't be seen: {some(unseen)}."


def is_in_the_future(day: date) -> bool:
    """Return whether a date is later than today anywhere on earth."""
    return day > date.today() + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """An entry's answers, as hashes by question, for comparing them with other entries'."""

    all: frozenset[int]
    """Every answer."""
    long: frozenset[int]
    """Those of at least five words."""
    varied: bool
    """Whether enough of the long answers differ from one another to be compared."""

    @classmethod
    def of(cls, predictions: Sequence[Prediction]) -> AnswerSet:
        """Return an entry's answers without case and punctuation; empty ones are left out."""
        given = [
            (one.question_id, words)
            for one in predictions
            if (words := " ".join(re.findall(r"\w+", (one.prediction or "").casefold())))
        ]
        long = [pair for pair in given if len(pair[1].split()) >= _LONG_ANSWER]
        different = len({answer for _, answer in long})
        return cls(
            all=frozenset(map(hash, given)),
            long=frozenset(map(hash, long)),
            varied=different >= _FEWEST_ANSWERS,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedEntry:
    """An accepted entry, as it is compared with the others."""

    name: str
    """The entry's name."""
    system: str
    """The system's name on the board."""
    contact: str | None
    """How to reach the submitter."""
    answers: AnswerSet
    """What it answered."""


def notes_between(entries: Sequence[ComparedEntry]) -> dict[str, list[str]]:
    """Return the notes that follow from comparing entries, by entry."""
    return {
        one.name: [*_look_alike_notes(one, entries), *_same_answers_notes(one, entries)]
        for one in entries
    }


def _look_alike_notes(entry: ComparedEntry, entries: Sequence[ComparedEntry]) -> Iterator[str]:
    look = appearance(entry.system)
    others = [
        other
        for other in entries
        if other.system != entry.system and appearance(other.system) == look
    ]
    if others:
        names = some([f"{_quoted(other.system)} ({other.name})" for other in others])
        yield f"The name {_quoted(entry.system)} looks like {names}."
    owners = [
        other.name
        for other in entries
        if other.system == entry.system and other.contact != entry.contact
    ]
    if owners:
        yield f"Has the same name as {some(owners)}, with another contact."


def _same_answers_notes(entry: ComparedEntry, entries: Sequence[ComparedEntry]) -> Iterator[str]:
    others = [other for other in entries if other is not entry]
    mine = entry.answers
    same = [other.name for other in others if mine.all and other.answers.all == mine.all]
    if same:
        yield f"Has the same answers as {some(same)}."
    if not mine.varied:
        return
    near = [
        other.name
        for other in others
        if other.name not in same
        and len(mine.long & other.answers.long) >= _SAME_SHARE * len(mine.long)
    ]
    if near:
        yield f"Has nearly the same answers as {some(near)}."


def _quoted(text: str | None) -> str:
    return "missing" if text is None else repr(text) if text.isascii() else f"{text!r} ({text!a})"
