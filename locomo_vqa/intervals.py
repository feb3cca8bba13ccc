"""Confidence intervals of proportions."""

from __future__ import annotations

__all__ = ["wilson_interval"]


def wilson_interval(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion, which is never empty, even at 0 and 1.

    The `n` observations are assumed to be independent.

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    Journal of the American Statistical Association 22, 1927, pages 209-212.

    Raises:
        ValueError: `n` is not above 0, `successes` is not from 0 to `n`, or `level` is not from 0
            to 1.
    """
    from scipy.stats import binomtest  # type: ignore[import-untyped, unused-ignore]

    interval = binomtest(successes, n).proportion_ci(level, method="wilson")
    return float(interval.low), float(interval.high)
