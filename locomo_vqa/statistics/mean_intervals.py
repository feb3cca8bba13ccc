"""Intervals for means of values that have a lowest and a highest possible value.

A clustered t interval is symmetric, so near the ends of the range it leaves the range on one side
and is too short on the other. On the logit scale there is no end to cross.
`benchmarks/intervals.py` measures how often both contain the true value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, fsum, isfinite, log, sqrt

from locomo_vqa.intervals import normal_quantile, wilson_interval
from locomo_vqa.scores import Interval

from .intervals import ClusteredMean, clustered_mean, student_t_quantile

__all__ = ["NO_DIFFERENCE", "difference_interval", "mean_interval"]

NO_DIFFERENCE = "wilson, as no conversation differs"
"""The method of an interval where conversations have no spread from which to compute one."""

LEAST_WIDTH = 0.25
"""The least width, as a share of that of an interval which treats questions as independent.

By chance conversations can be almost equal, above all if there are two. With ten, this limit hardly
ever applies.
"""

_ROUNDING = 1e-12
"""An error of a mean, on a scale from 0 to 1, that is due to rounding only."""


def mean_interval(
    values_by_cluster: Mapping[str, Sequence[float]],
    *,
    lowest: float = 0.0,
    highest: float = 1.0,
    level: float = 0.95,
) -> Interval | None:
    """Return an interval for the mean over all values, or None for fewer than two clusters.

    Values are scaled to the range from 0 to 1, and values beyond it are set to its ends. With N
    values, mean m, and a share f of the greatest possible variance m (1 - m), f / 2 is added to the
    sum on each side: half a question if each answer is right or wrong, for which f is 1. This gives
    the mean c = (N m + f / 2) / (N + f), and the interval

        logit c  plus and minus  t(G - 1) * s / (c (1 - c)),

    mapped back, where s is the clustered standard error of m over G clusters (see
    `clustered_mean`). It is at least `LEAST_WIDTH` of what independent values would give.

    Where all clusters have the same mean, s would claim certainty. Wilson's interval for N
    independent values is then the narrowest that can be justified.

    Sources: L. D. Brown, T. T. Cai and A. DasGupta, "Interval Estimation for a Binomial
    Proportion", Statistical Science 16, 2001, pages 101-133 (logit intervals); F. J. Anscombe, "On
    Estimating Binomial Response Relations", Biometrika 43, 1956, pages 461-464 (the half on each
    side); E. L. Korn and B. I. Graubard, "Confidence Intervals for Proportions with Small Expected
    Number of Positive Counts Estimated from Survey Data", Survey Methodology 24, 1998, pages
    193-201 (why symmetric intervals of clustered data fail near 0).

    Raises:
        ValueError: `level` is not between 0 and 1, or a value is not finite.
    """
    _check_level(level)
    width = highest - lowest
    clusters = {
        name: _clipped([(value - lowest) / width for value in values])
        for name, values in values_by_cluster.items()
    }
    estimate = clustered_mean(clusters)
    if estimate is None:
        return None
    values = [value for group in clusters.values() for value in group]
    if estimate.error <= _ROUNDING:
        successes = min(float(len(values)), max(0.0, fsum(values)))
        low, high = wilson_interval(successes, len(values), level)
        method = NO_DIFFERENCE
    else:
        low, high = _logit_ends(values, estimate, level)
        method = "clustered-t on the logit scale"
    return Interval(
        low=lowest + width * low,
        high=lowest + width * high,
        level=level,
        method=method,
        clusters=estimate.clusters,
    )


def difference_interval(
    differences_by_cluster: Mapping[str, Sequence[float]],
    *,
    width: float | None = None,
    level: float = 0.95,
) -> Interval | None:
    """Return an interval for the mean of paired differences, or None for fewer than two clusters.

    It is the clustered t interval, at least `LEAST_WIDTH` of what independent differences would
    give, and clipped to `width`, the largest possible difference. If all N differences are the same
    and `width` is given, others may still exist that the sample doesn't contain: their share is at
    most the upper end of Wilson's interval of 0 in N, and each is at most `width` from 0.

    Raises:
        ValueError: `level` is not between 0 and 1, or a value is not finite.
    """
    _check_level(level)
    estimate = clustered_mean(differences_by_cluster)
    if estimate is None:
        return None
    values = [value for group in differences_by_cluster.values() for value in group]
    method = "clustered-t"
    if width is not None and max(values) == min(values):
        _, unseen = wilson_interval(0, len(values), level)
        low = values[0] - unseen * (width + values[0])
        high = values[0] + unseen * (width - values[0])
        method = NO_DIFFERENCE
    else:
        reach = _reach(values, estimate, level)
        low, high = estimate.mean - reach, estimate.mean + reach
    if width is not None and (low < -width or high > width):
        low, high = max(-width, low), min(width, high)
        method = f"{method}, truncated to the range"
    return Interval(low=low, high=high, level=level, method=method, clusters=estimate.clusters)


def _logit_ends(
    values: Sequence[float], estimate: ClusteredMean, level: float
) -> tuple[float, float]:
    count, mean = len(values), estimate.mean
    share = min(1.0, fsum([(v - mean) ** 2 for v in values]) / (count * mean * (1 - mean)))
    centre = (count * mean + share / 2) / (count + share)
    reach = _reach(values, estimate, level) / (centre * (1 - centre))
    middle = log(centre / (1 - centre))
    return _expit(middle - reach), _expit(middle + reach)


def _reach(values: Sequence[float], estimate: ClusteredMean, level: float) -> float:
    """Return half the width of the t interval, or of the least one."""
    mean = estimate.mean
    spread = sqrt(fsum([(value - mean) ** 2 for value in values])) / len(values)
    return max(
        student_t_quantile((1 + level) / 2, estimate.clusters - 1) * estimate.error,
        LEAST_WIDTH * normal_quantile((1 + level) / 2) * spread,
    )


def _clipped(shares: list[float]) -> list[float]:
    """Return values within 0 and 1; those that are not finite stay, to be refused."""
    if not shares or (all(map(isfinite, shares)) and min(shares) >= 0 and max(shares) <= 1):
        return shares
    return [min(1.0, max(0.0, share)) if isfinite(share) else share for share in shares]


def _expit(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"A confidence level must be between 0 and 1, not {level}.")
