"""Rates of misjudged answers, with intervals that are valid for few answers too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from locomo_vqa.intervals import wilson_interval
from locomo_vqa.scores import Bounds, Interval

__all__ = ["Rate", "rate_of"]

_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The rate of misjudged answers."""

    n: int
    """The number of answers."""
    errors: int
    """The number of answers with the wrong verdict."""
    unscored: int
    """The number of answers without a verdict."""
    value: float | None
    """The share of errors, from 0 to 1; None if there are no answers, or one is unscored."""
    interval: Interval | None
    """The interval of the share; None under the same conditions."""
    bounds: Bounds | None = None
    """The possible range of the share, given the unscored answers; None if there are none."""


def rate_of(errors: Sequence[bool | None], *, clusters: int) -> Rate:
    """Return the rate of errors; None stands for an answer without a verdict.

    Args:
        clusters: the number of conversations that the answers are about.
    """
    n, wrong = len(errors), sum(error is True for error in errors)
    unscored = sum(error is None for error in errors)
    if not n or unscored:
        bounds = Bounds(low=wrong / n, high=(wrong + unscored) / n) if n else None
        return Rate(n=n, errors=wrong, unscored=unscored, value=None, interval=None, bounds=bounds)
    low, high = wilson_interval(wrong, n)
    interval = Interval(low=low, high=high, level=_LEVEL, method="wilson", clusters=clusters)
    return Rate(n=n, errors=wrong, unscored=0, value=wrong / n, interval=interval)
