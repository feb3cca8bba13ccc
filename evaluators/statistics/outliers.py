"""Finds conversations whose mean is far from all others, often because one was not ingested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import fmean, stdev

from locomo_vqa.scores import FEW_CONVERSATIONS
from locomo_vqa.statistics.intervals import student_t_quantile

__all__ = ["NOISE", "FarConversation", "far_conversations"]

LEVEL = 0.05
"""The chance that the first condition flags a conversation when none differs."""

NOISE = 4.0
"""The minimum distance from the others, in standard errors of the conversation's own mean.

In four published result files under five metrics, ten conversations each, the greatest distance
of a sound conversation is 3.1, the smallest of one that was not ingested 6.1.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FarConversation:
    """A conversation that is far from the others."""

    conversation: str
    """The conversation's id."""
    mean: float
    """The conversation's mean."""
    others: float
    """The mean of the other conversations' means, without the far ones."""


def far_conversations(
    values_by_conversation: Mapping[str, Sequence[float]],
) -> tuple[FarConversation, ...]:
    """Return the conversations far below the others, farthest first, then those far above.

    Two conditions must hold. The conversation's mean is an outlier among the means by the
    generalised extreme studentised deviate test, one-sided at `LEVEL`, for up to a quarter of
    the conversations; this test finds two outliers even if each masks the other. And it lies
    at least `NOISE` standard errors from the mean of the others, a standard error being what its
    own number of questions leaves to chance. With fewer than six conversations, none is returned.

    Source: B. Rosner, "Percentage Points for a Generalized ESD Many-Outlier Procedure",
    Technometrics 25, 1983, pages 165-172.
    """
    groups = {name: values for name, values in values_by_conversation.items() if values}
    if len(groups) < FEW_CONVERSATIONS:
        return ()
    return (*_far_below(groups, 1), *_far_below(groups, -1))


def _far_below(groups: Mapping[str, Sequence[float]], sign: int) -> list[FarConversation]:
    means = {name: fmean(values) for name, values in groups.items()}
    order = sorted(means, key=lambda name: sign * means[name])
    number = _outliers([sign * means[name] for name in order])
    others = fmean(means[name] for name in order[number:])
    spread = _spread_within(groups)
    return [
        FarConversation(conversation=name, mean=means[name], others=others)
        for name in order[:number]
        if abs(means[name] - others) > NOISE * spread / sqrt(len(groups[name]))
    ]


def _outliers(means: Sequence[float]) -> int:
    """Return how many of the sorted means are far below the rest."""
    number = 0
    for step in range(1, len(means) // 4 + 1):
        rest = means[step - 1 :]
        deviation = stdev(rest)
        if deviation and (fmean(rest) - rest[0]) / deviation > _critical_value(len(rest)):
            number = step
    return number


def _critical_value(count: int) -> float:
    """Return the critical value of the test for `count` values at `LEVEL`."""
    t = student_t_quantile(1 - LEVEL / count, count - 2)
    return (count - 1) * t / sqrt((count - 2 + t * t) * count)


def _spread_within(groups: Mapping[str, Sequence[float]]) -> float:
    """Return the standard deviation of values around their conversation's mean, pooled."""
    squares, degrees = [], 0
    for values in groups.values():
        mean = fmean(values)
        squares += [(value - mean) ** 2 for value in values]
        degrees += len(values) - 1
    return sqrt(fsum(squares) / degrees) if degrees else 0.0
