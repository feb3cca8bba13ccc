"""How a figure grows: fits with coefficients that can't be negative."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Growth", "Mean", "fit_growth", "fit_means"]

_SIGNIFICANT = 3.0
"""How many standard errors two conversations' means must differ by to count as different."""

Row = Sequence[float]


@dataclass(frozen=True, slots=True)
class Growth:
    """A sum of columns, each with a coefficient of at least 0."""

    coefficients: tuple[float, ...]

    def at(self, row: Row) -> float:
        """Return the figure for a row of columns."""
        return sum(c * value for c, value in zip(self.coefficients, row, strict=True))


def fit_growth(rows: Sequence[Row], values: Sequence[float]) -> Growth:
    """Fit values to columns by least squares, with coefficients of at least 0."""
    import numpy as np
    from scipy.optimize import nnls  # type: ignore[import-untyped, unused-ignore]

    matrix = np.asarray(rows, dtype=float)
    scale = matrix.max(axis=0)
    scale[scale == 0] = 1.0
    target = np.asarray(values, dtype=float)
    unit = max(float(np.abs(target).max(initial=0.0)), 1e-12)
    found, _ = nnls(matrix / scale, target / unit)
    return Growth(tuple(float(value) for value in found * unit / scale))


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of a figure for a question, as a function of its conversation's size."""

    base: float
    slope: float
    error: float
    """The standard error of the mean at the sampled conversations."""
    spread: float
    """The standard deviation of one question's figure."""

    def at(self, size: float) -> float:
        """Return the mean for a conversation of a size."""
        return self.base + self.slope * size


def fit_means(groups: Sequence[tuple[float, Sequence[float]]]) -> Mean:
    """Fit the means of groups, each with the size of its conversation.

    One mean for all, unless the larger conversation's is clearly higher: then a line through both,
    that starts at 0 or above.
    """
    groups = [(size, values) for size, values in groups if values]
    every = [value for _, values in groups for value in values]
    if not every:
        return Mean(0.0, 0.0, 0.0, 0.0)
    spread = math.sqrt(
        sum((v - statistics.fmean(values)) ** 2 for _, values in groups for v in values)
        / max(1, len(every) - len(groups))
    )
    error = spread / math.sqrt(len(every))
    flat = Mean(statistics.fmean(every), 0.0, error, spread)
    if len(groups) < 2:
        return flat
    (low, first), (high, last) = min(groups, key=_size), max(groups, key=_size)
    rise = statistics.fmean(last) - statistics.fmean(first)
    doubt = spread * math.sqrt(1 / len(first) + 1 / len(last))
    if high <= low or rise <= _SIGNIFICANT * doubt:
        return flat
    line = fit_growth([(1.0, size) for size, values in groups for _ in values], every)
    base, slope = line.coefficients
    return Mean(base, slope, error, spread)


def _size(group: tuple[float, Sequence[float]]) -> float:
    return group[0]
