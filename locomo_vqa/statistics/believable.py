"""The smallest difference of two scores that a reader may believe, given the noise of runs."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from .intervals import ClusteredMean, student_t_quantile
from .noise import RunNoise

__all__ = ["BelievableDifference", "believable_between_runs", "believable_difference"]

_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class BelievableDifference:
    """The smallest difference to believe: chance alone gives a larger one in 5 % of cases."""

    value: float | None
    """The difference, on the scale of the values; None with one conversation and one run a side."""
    conversations: bool
    """Whether the choice of conversations is counted."""
    runs: tuple[int, int]
    """The number of runs of the baseline, and of the other system."""
    borrowed: bool
    """Whether the runs of one system stand for those of the other, which has one."""
    at_least: bool
    """Whether the noise of runs is unknown, so that the value may be too small."""

    def covers(self, difference: float) -> bool:
        """Return whether a difference is too small to be believed."""
        return self.value is None or abs(difference) <= self.value


def believable_difference(
    conversations: ClusteredMean | None,
    baseline: RunNoise | None,
    other: RunNoise | None,
) -> BelievableDifference:
    """Return the smallest difference between two systems' means over runs that may be believed.

    It is the reach of a 95 % interval around 0: the squared reach of the paired differences over
    conversations plus that of runs as wholes, each with Student's t of its own degrees of freedom
    (Welch and Satterthwaite's where both systems have several runs). Runs that differ by
    conversation are then counted twice, which is on the safe side: in simulation, two equal
    systems differ by more in 0.3 to 5 % of cases (`benchmarks/noise.py`). A system with one run is
    taken to be as noisy as the other. Without several runs of either, it is what conversations
    alone give, a lower limit.

    Sources: B. L. Welch, "The Generalization of 'Student's' Problem When Several Different
    Population Variances Are Involved", Biometrika 34, 1947, pages 28-35; G. Y. Zou and A. Donner,
    "Construction of Confidence Limits About Effect Measures: A General Approach", Statistics in
    Medicine 27, 2008, pages 1693-1702 (adding squared reaches).

    Args:
        conversations: the paired differences, clustered by conversation; None for one conversation.
        baseline: the variation of the baseline's runs; None for one run.
        other: the same of the other system.
    """
    squared = [_squared_reach(conversations)] if conversations is not None else []
    squared += _squared_reach_of_runs(baseline, other)
    return BelievableDifference(
        value=sqrt(sum(squared)) if squared else None,
        conversations=conversations is not None,
        runs=(baseline.runs if baseline else 1, other.runs if other else 1),
        borrowed=(baseline is None) != (other is None),
        at_least=baseline is None and other is None,
    )


def believable_between_runs(noise: RunNoise) -> float:
    """Return the smallest difference between single runs of one system that may be believed.

    Each run answers the same questions, so that conversations don't count. Two runs that differ by
    more were not made by one system in one way; chance gives a larger difference in 5 % of pairs.
    """
    whole = _t_quantile(noise.runs - 1) ** 2 * noise.variance
    return sqrt(2 * (whole + _squared_reach_within(noise)))


def _squared_reach(mean: ClusteredMean) -> float:
    return (student_t_quantile((1 + _LEVEL) / 2, mean.clusters - 1) * mean.error) ** 2


def _squared_reach_of_runs(baseline: RunNoise | None, other: RunNoise | None) -> list[float]:
    known = [noise for noise in (baseline, other) if noise is not None]
    if not known:
        return []
    if len(known) == 1:
        error = known[0].variance * (1 / known[0].runs + 1)
        squared = _t_quantile(known[0].runs - 1) ** 2 * error
        return [squared, _squared_reach_within(known[0])]  # A single run varies by both.
    parts = [(noise.variance / noise.runs, noise.runs - 1) for noise in known]
    error = sum(part for part, _ in parts)
    if error == 0:
        return [0.0]
    degrees = error**2 / sum(part**2 / count for part, count in parts)
    return [_t_quantile(degrees) ** 2 * error]


def _squared_reach_within(noise: RunNoise) -> float:
    """Return the squared reach of what a single run has beside its memory's mean."""
    if not noise.within_degrees:
        return 0.0
    return _t_quantile(noise.within_degrees) ** 2 * noise.within


def _t_quantile(degrees: float) -> float:
    from scipy.special import stdtrit  # type: ignore[import-untyped, unused-ignore]

    return float(stdtrit(degrees, (1 + _LEVEL) / 2))
