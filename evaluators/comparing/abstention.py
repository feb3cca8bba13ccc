"""Compares A of two systems, from what each question contributes to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from statistics import fmean

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question, gold_answer
from locomo_vqa.scores import FEW_CONVERSATIONS
from locomo_vqa.statistics.intervals import ClusteredMean
from locomo_vqa.statistics.paired import (
    PairedDifference,
    PairedMeans,
    minimum_detectable,
    sign_flip_p,
)

from ..abstention.balance import Mark, balance, balance_error, balance_interval, contributions
from ..abstention.centred import stratum_of
from .sides import Side

__all__ = ["abstention_difference", "abstention_flags", "abstention_group", "why_not_alike"]

_ROUNDING = 1e-9

Flags = Mapping[str, float]
"""By question: 1 if it adds to the share of its stratum, else 0; of several runs, the mean."""


def abstention_flags(side: Side) -> Flags:
    """Return what A of any questions is computed from.

    A question's contribution is not 0 exactly if it adds to its share.
    """
    tables = [run.values["a"] for run in side.runs or (side,)]
    return {name: fmean(float(bool(table[name])) for table in tables) for name in tables[0]}


def abstention_difference(
    baseline: Flags, other: Flags, questions: Sequence[Question]
) -> PairedDifference | None:
    """Return the difference of two systems' A on questions; None if one of its sides has none.

    Swapping the systems in a conversation flips
    the sign of what its questions contribute to the difference, as `sign_flip_p` needs it.
    """
    flags = [(baseline[q.id], other[q.id]) for q in questions]
    marks = [
        [
            Mark(q.conversation, stratum_of(q), pair[side])
            for q, pair in zip(questions, flags, strict=True)
        ]
        for side in (0, 1)
    ]
    moved = [
        Mark(q.conversation, stratum_of(q), two - one)
        for q, (one, two) in zip(questions, flags, strict=True)
    ]
    if not _has_both_sides(moved):
        return None
    conversations = list(dict.fromkeys(q.conversation for q in questions))
    sums: dict[str, list[float]] = {name: [] for name in conversations}
    for mark, value in zip(moved, contributions(moved), strict=True):
        sums[mark.conversation].append(value)
    return PairedDifference(
        baseline=balance(marks[0]),
        other=balance(marks[1]),
        difference=balance(moved),
        interval=balance_interval(moved, difference=True)
        if any(len({mark.value for mark in side}) > 1 for side in marks)
        else balance_interval(marks[0]),  # Of two constants, which are 0 by definition.
        p=sign_flip_p([_rounded(fsum(values), len(questions)) for values in sums.values()]),
        detectable=_detectable(moved, len(conversations)),
        conversations=len(conversations),
        questions=len(questions),
        by_conversation={
            name: means
            for name in conversations
            if (means := _means(marks[0], marks[1], moved, name)) is not None
        },
    )


def abstention_group(questions: Sequence[Question], group: Question) -> list[Question]:
    """Return the questions that a group of A is about: its own, and those to decline in it.

    These are all adversarial questions for a category, and the twins of a type for a type.
    """
    text = isinstance(group, TextQuestion)
    return [
        each
        for each in questions
        if isinstance(each, TextQuestion) == text
        and (_name(each) == _name(group) or (text and gold_answer(each) is None))
    ]


def why_not_alike(sides: Sequence[Side]) -> str | None:
    """Return why sides can't be compared by A, if it was measured in different ways; or None."""
    signed = [(side.name, side.document["metrics"]["a"]["signature"]) for side in sides]
    for name, signature in signed[1:]:
        if signature != signed[0][1]:
            return (
                f"A was measured in different ways: {signed[0][0]} has {signed[0][1]}, "
                f"{name} has {signature}."
            )
    return None


def _rounded(total: float, questions: int) -> float:
    """Return a sum of contributions, or 0 where it differs from 0 by rounding only."""
    return 0.0 if abs(total) < _ROUNDING * 100 * questions else total


def _name(question: Question) -> object:
    return question.category if isinstance(question, TextQuestion) else question.type


def _has_both_sides(marks: Sequence[Mark]) -> bool:
    strata = {mark.stratum for mark in marks}
    return bool(strata) and all((kind, not nothing) in strata for kind, nothing in strata)


def _detectable(marks: Sequence[Mark], conversations: int) -> float | None:
    if conversations < FEW_CONVERSATIONS or not (error := balance_error(marks)):
        return None
    return minimum_detectable(
        ClusteredMean(mean=balance(marks), error=error, clusters=conversations)
    )


def _means(
    baseline: Sequence[Mark], other: Sequence[Mark], moved: Sequence[Mark], name: str
) -> PairedMeans | None:
    here = [[m for m in marks if m.conversation == name] for marks in (baseline, other, moved)]
    if not _has_both_sides(here[0]):
        return None
    return PairedMeans(
        baseline=balance(here[0]),
        other=balance(here[1]),
        difference=balance(here[2]),
        questions=len(here[0]),
    )
