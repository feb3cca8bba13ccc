"""What comparing accepted entries shows: look-alike names, and the same answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from locomo_vqa.files import some
from locomo_vqa.runs import Prediction

from ..entry_files.look_alikes import appearance
from ..entry_files.names import quoted

__all__ = ["AnswerSet", "ComparedEntry", "notes_between"]

_LONG_ANSWER = 5
"""Answers of fewer words are often the same in two systems that are both right."""
_FEWEST_ANSWERS = 20
"""With fewer different long answers, a share of equal ones says nothing."""
_SAME_SHARE = 0.9


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
        names = some([f"{quoted(other.system)} ({other.name})" for other in others])
        yield f"The name {quoted(entry.system)} looks like {names}."
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
