"""Finds entries with the same answers as another entry, or nearly the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.files import some
from locomo_vqa.runs import Prediction

__all__ = ["AnswerSet", "copy_notes"]

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


def copy_notes(mine: AnswerSet, others: Mapping[str, AnswerSet]) -> Iterator[str]:
    """Yield which other entries, by name, have the same answers, or nearly the same."""
    same = [name for name, other in others.items() if mine.all and other.all == mine.all]
    if same:
        yield f"Has the same answers as {some(same)}."
    if not mine.varied:
        return
    near = [
        name
        for name, other in others.items()
        if name not in same and len(mine.long & other.long) >= _SAME_SHARE * len(mine.long)
    ]
    if near:
        yield f"Has nearly the same answers as {some(near)}."
