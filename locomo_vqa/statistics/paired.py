"""Compares two systems on the same questions, with conversations as the sample."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isfinite
from statistics import fmean

from locomo_vqa.scores import FEW_CONVERSATIONS, Interval

from .intervals import ClusteredMean, clustered_mean
from .intervals import student_t_quantile as t_quantile
from .mean_intervals import difference_interval

__all__ = [
    "MANY_CONVERSATIONS",
    "PairedDifference",
    "PairedMeans",
    "holm",
    "minimum_detectable",
    "paired_difference",
    "sign_flip_p",
]

MANY_CONVERSATIONS = 30
"""The number of conversations above which there are too many sign flips to count."""

_TIE = 1e-9
"""The rounding error of sums, as a share of the largest possible sum."""

Values = Mapping[str, Mapping[str, float]]
"""A metric's values, by conversation, then by question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedMeans:
    """The means of two systems on the questions of one conversation."""

    baseline: float
    """The baseline's mean."""
    other: float
    """The other system's mean."""
    difference: float
    """The other system's mean minus the baseline's."""
    questions: int
    """The number of questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDifference:
    """The difference between two systems on the same questions, on the scale of the values."""

    baseline: float
    """The baseline's mean over all questions."""
    other: float
    """The other system's mean over all questions."""
    difference: float
    """The other system's mean minus the baseline's: above 0 if the other is better."""
    interval: Interval | None
    """The difference's interval, clustered by conversation; None with fewer than two."""
    p: float | None
    """The exact two-sided p-value by sign flips; None with fewer than six conversations or more
    than `MANY_CONVERSATIONS`."""
    detectable: float | None
    """The smallest difference found with a power of 80 % at a level of 0.05; None with fewer than
    six conversations, which can show none, or where all conversations differ alike."""
    conversations: int
    """The number of conversations with questions."""
    questions: int
    """The number of questions in both means."""
    by_conversation: Mapping[str, PairedMeans]
    """Each conversation's own numbers."""


def paired_difference(
    baseline: Values, other: Values, *, width: float | None = None
) -> PairedDifference:
    """Compare two systems on the same questions of the same conversations.

    `width` is that of the metric's range: no difference can be larger, so the interval ends there.

    A question that a system didn't answer has to be there with the value of a missing answer, so
    that both means have one denominator. Conversations without questions don't count.

    Raises:
        ValueError: the two sides have different questions or none, or a value is not finite.
    """
    differences: dict[str, list[float]] = {}
    groups: dict[str, PairedMeans] = {}
    if {c for c in baseline if baseline[c]} != {c for c in other if other[c]}:
        raise ValueError("A paired comparison needs the same conversations on both sides.")
    for conversation, left in baseline.items():
        if not left:
            continue
        right = other[conversation]
        if left.keys() != right.keys():
            raise ValueError(f"{conversation}: the two sides have different questions.")
        if not all(map(isfinite, (*left.values(), *right.values()))):
            raise ValueError(f"{conversation}: a comparison needs finite values.")
        differences[conversation] = [right[question] - value for question, value in left.items()]
        groups[conversation] = PairedMeans(
            baseline=fmean(left.values()),
            other=fmean(right.values()),
            difference=fmean(differences[conversation]),
            questions=len(left),
        )
    if not differences:
        raise ValueError("There are no questions to compare.")
    return PairedDifference(
        baseline=fmean(_all_values(baseline)),
        other=fmean(_all_values(other)),
        difference=fmean(value for values in differences.values() for value in values),
        interval=difference_interval(differences, width=width),
        p=sign_flip_p([fsum(values) for values in differences.values()]),
        detectable=_detectable_difference(clustered_mean(differences)),
        conversations=len(differences),
        questions=sum(map(len, differences.values())),
        by_conversation=groups,
    )


def sign_flip_p(sums: Sequence[float]) -> float | None:
    """Return the exact two-sided p-value of sign flips, or None for too few or too many sums.

    If the two systems were equal, each conversation's sum of differences could have either sign.
    The p-value is the share of all 2^G sign combinations whose total is at least as far from 0 as
    the observed one, which is included. The totals are counted without enumerating them, from the
    sorted totals of two halves of the conversations.

    Fewer than six sums can't give p < 0.05, because the smallest possible value is 2 / 2^G.

    Source: R. A. Fisher, "The Design of Experiments", 1935, section 21; E. J. G. Pitman,
    "Significance Tests Which May Be Applied to Samples from Any Populations", Supplement to the
    Journal of the Royal Statistical Society 4, 1937, pages 119-130.
    """
    if not FEW_CONVERSATIONS <= len(sums) <= MANY_CONVERSATIONS:
        return None
    far = abs(fsum(sums)) - _TIE * fsum(map(abs, sums))
    if far <= 0:
        return 1.0
    middle = len(sums) // 2
    left, right = _signed_totals(sums[:middle]), sorted(_signed_totals(sums[middle:]))
    count = 0
    for total in left:
        count += bisect_right(right, -far - total) + len(right) - bisect_left(right, far - total)
    return count / (1 << len(sums))


def minimum_detectable(
    estimate: ClusteredMean, *, level: float = 0.05, power: float = 0.8
) -> float:
    """Return the smallest true difference that a two-sided test finds with the given chance.

    It is the standard error times the sum of two quantiles of Student's t with G - 1 degrees of
    freedom for G conversations: that of 1 - level / 2 and that of the power. It says how far the
    data can see, not whether this difference is real.

    Source: H. S. Bloom, "Minimum Detectable Effects: A Simple Way to Report the Statistical Power
    of Experimental Designs", Evaluation Review 19, 1995, pages 547-556.
    """
    degrees = estimate.clusters - 1
    return estimate.error * (t_quantile(1 - level / 2, degrees) + t_quantile(power, degrees))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted for their number, in the same order.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none is below the one
    before it or above 1. Whatever hypotheses are true, the chance of calling any true one false
    stays below the level.

    Source: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian
    Journal of Statistics 6, 1979, pages 65-70.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    greatest = 0.0
    for rank, place in enumerate(order):
        greatest = max(greatest, min(1.0, (len(order) - rank) * p_values[place]))
        adjusted[place] = greatest
    return tuple(adjusted)


def _detectable_difference(estimate: ClusteredMean | None) -> float | None:
    if estimate is None or estimate.clusters < FEW_CONVERSATIONS or estimate.error == 0:
        return None
    return minimum_detectable(estimate)


def _signed_totals(sums: Sequence[float]) -> list[float]:
    totals = [0.0]
    for value in sums:
        totals = [*(total + value for total in totals), *(total - value for total in totals)]
    return totals


def _all_values(values: Values) -> Iterable[float]:
    return (value for group in values.values() for value in group.values())
