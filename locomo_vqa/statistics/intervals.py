"""Errors of means over questions that are clustered by conversation.

Questions about one conversation fail together: a memory system that loses a session loses every
question about it. So the conversation is the unit that varies, and an interval that treats
questions as independent is too narrow. The intervals are in `mean_intervals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import fsum, isfinite, sqrt

__all__ = ["ClusteredMean", "clustered_mean", "student_t_quantile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredMean:
    """A mean over values that come in clusters."""

    mean: float
    """The mean over all values."""
    error: float
    """The clustered standard error of the mean."""
    clusters: int
    """The number of clusters that have values."""


def clustered_mean(values_by_cluster: Mapping[str, Sequence[float]]) -> ClusteredMean | None:
    """Return the mean over all values and its error, or None for fewer than two clusters.

    The mean m is the sum of all values divided by their number N, a ratio of two sums over G
    clusters. Its variance is estimated by

        G / (G - 1) * sum over clusters of (sum over the cluster's values of (y - m))^2 / N^2.

    Clusters without values don't count.

    Sources: W. G. Cochran, "Sampling Techniques", 3rd edition, 1977, chapters 6 and 9A
    (ratios of sums over clusters); A. C. Cameron and D. L. Miller, "A Practitioner's Guide to
    Cluster-Robust Inference", Journal of Human Resources 50, 2015, pages 317-372 (the factor
    G / (G - 1)).

    Raises:
        ValueError: a value is not finite.
    """
    clusters = [list(values) for values in values_by_cluster.values() if values]
    if not all(all(map(isfinite, values)) for values in clusters):
        raise ValueError("An interval needs finite values.")
    if len(clusters) < 2:
        return None
    count = sum(map(len, clusters))
    mean = fsum(chain.from_iterable(clusters)) / count
    squares = fsum(fsum([value - mean for value in values]) ** 2 for values in clusters)
    error = sqrt(len(clusters) / (len(clusters) - 1) * squares) / count
    return ClusteredMean(mean=mean, error=error, clusters=len(clusters))


def student_t_quantile(p: float, df: int) -> float:
    """Return the value that Student's t with `df` degrees of freedom stays below with chance `p`.

    Raises:
        ValueError: `p` is not between 0 and 1, or `df` is not a whole number above 0.
    """
    if not 0 < p < 1:
        raise ValueError(f"A probability must be between 0 and 1, not {p}.")
    if df < 1 or df != int(df):
        raise ValueError(f"Degrees of freedom must be a whole number above 0, not {df}.")
    from scipy.special import stdtrit  # type: ignore[import-untyped, unused-ignore]

    return float(stdtrit(df, p))
