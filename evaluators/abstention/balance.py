"""A and its interval, from the shares of the questions that were declined.

A is a weighted sum of shares, one for each stratum: the questions of one kind (text or visual) in
which nothing is to be found, with a positive weight, and those in which something is, with a
negative one. So it is linear in the outcome of each question, and every question has a
contribution: A is the mean of the contributions, and a difference of two systems the mean of the
differences.

The standard error takes the conversations as the sample. With n questions in a stratum of weight
w and share p, a conversation's residual is the sum over the strata of w / n times the sum over its
questions of x - p, where x is 1 for a question that adds to the share. A system that declines
always, or never, has no residuals, whatever the numbers of questions by conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from locomo_vqa.intervals import normal_quantile, wilson_interval
from locomo_vqa.scores import Interval
from locomo_vqa.statistics.intervals import student_t_quantile
from locomo_vqa.statistics.mean_intervals import LEAST_WIDTH

__all__ = ["Mark", "balance", "balance_error", "balance_interval", "contributions"]

_LEVEL = 0.95
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Mark:
    """One question, as A counts it."""

    conversation: str
    """Its conversation."""
    stratum: tuple[str, bool]
    """Its kind (`text` or `visual`), and whether nothing is to be found."""
    value: float
    """1 if it adds to the share of its stratum, else 0; of two systems, the difference."""


def balance(marks: Sequence[Mark]) -> float:
    """Return A, or the difference of two systems' A."""
    return fsum(stratum.weight * stratum.mean for stratum in _strata(marks).values())


def contributions(marks: Sequence[Mark]) -> list[float]:
    """Return what each question contributes; the mean of the contributions is A."""
    strata = _strata(marks)
    return [
        len(marks) * strata[mark.stratum].weight * mark.value / strata[mark.stratum].n + 0.0
        for mark in marks
    ]


def balance_interval(marks: Sequence[Mark], *, difference: bool = False) -> Interval | None:
    """Return the 95 % interval of A, or of a difference; None with fewer than two conversations.

    It is a t interval over conversations, at least `LEAST_WIDTH` of what independent questions
    would give. A system that always declines or never does has an A of 0 by definition, so its
    interval is 0 to 0. Where there is no other spread to compute one from, the shares' Wilson
    intervals are joined.

    Source: R. G. Newcombe, "Interval Estimation for the Difference Between Independent
    Proportions", Statistics in Medicine 17, 1998, pages 873-890 (method 10, for the joined ones).
    """
    conversations = {mark.conversation for mark in marks}
    if len(conversations) < 2:
        return None
    value, error, spread = balance(marks), balance_error(marks), _independent_error(marks)
    most = 200.0 if difference else 100.0
    if spread > _ROUNDING:
        quantile = student_t_quantile((1 + _LEVEL) / 2, len(conversations) - 1)
        least = LEAST_WIDTH * normal_quantile((1 + _LEVEL) / 2) * spread
        reach = max(quantile * error, least)
        low, high, method = value - reach, value + reach, "clustered-t"
    elif not difference and len({mark.value for mark in marks}) == 1:
        low, high, method = value, value, "exact, as one outcome has all questions"
    else:
        below, above = _joined(marks, -1.0 if difference else 0.0)
        low, high, method = value - below, value + above, "wilson, as no conversation differs"
    if low < -most or high > most:
        low, high, method = max(-most, low), min(most, high), f"{method}, truncated to the range"
    return Interval(low=low, high=high, level=_LEVEL, method=method, clusters=len(conversations))


def balance_error(marks: Sequence[Mark]) -> float:
    """Return the standard error of A, or of a difference, over two conversations or more."""
    strata = _strata(marks)
    residuals: dict[str, list[float]] = {}
    for mark in marks:
        stratum = strata[mark.stratum]
        residual = stratum.weight / stratum.n * (mark.value - stratum.mean)
        residuals.setdefault(mark.conversation, []).append(residual)
    squares = fsum(fsum(values) ** 2 for values in residuals.values())
    return sqrt(len(residuals) / (len(residuals) - 1) * squares)


@dataclass(frozen=True, slots=True)
class _Stratum:
    n: int
    mean: float
    weight: float


def _strata(marks: Iterable[Mark]) -> dict[tuple[str, bool], _Stratum]:
    values: dict[tuple[str, bool], list[float]] = {}
    for mark in marks:
        values.setdefault(mark.stratum, []).append(mark.value)
    share = 100.0 / len({kind for kind, _ in values})
    return {
        (kind, nothing): _Stratum(len(v), fsum(v) / len(v), share if nothing else -share)
        for (kind, nothing), v in values.items()
    }


def _independent_error(marks: Sequence[Mark]) -> float:
    strata = _strata(marks)
    return sqrt(
        fsum(
            (strata[m.stratum].weight / strata[m.stratum].n * (m.value - strata[m.stratum].mean))
            ** 2
            for m in marks
        )
    )


def _joined(marks: Sequence[Mark], lowest: float) -> tuple[float, float]:
    """Return how far A may lie below and above, if every share is the same in all questions."""
    below, above = [], []
    for stratum in _strata(marks).values():
        _, unseen = wilson_interval(0, stratum.n, _LEVEL)
        falls = unseen * (stratum.mean - lowest) * abs(stratum.weight)
        rises = unseen * (1 - stratum.mean) * abs(stratum.weight)
        below.append(falls if stratum.weight > 0 else rises)
        above.append(rises if stratum.weight > 0 else falls)
    return sqrt(fsum(x * x for x in below)), sqrt(fsum(x * x for x in above))
