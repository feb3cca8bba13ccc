"""Confidence intervals of proportions, and the normal quantile behind them."""

from __future__ import annotations

from math import sqrt

__all__ = ["normal_quantile", "wilson_interval"]


def normal_quantile(p: float) -> float:
    """Return the value that a standard normal variable stays below with chance `p`."""
    from scipy.special import ndtri  # type: ignore[import-untyped, unused-ignore]

    return float(ndtri(p))


def wilson_interval(successes: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion, which is never empty, even at 0 and 1.

    The `n` observations are assumed to be independent. `successes` may be a sum of values from 0 to
    1: of all such values with one mean, those that are 0 or 1 have the greatest variance.

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    Journal of the American Statistical Association 22, 1927, pages 209-212.

    Raises:
        ValueError: `n` is not above 0, `successes` is not from 0 to `n`, or `level` is not from 0
            to 1.
    """
    if n < 1 or not 0 <= successes <= n or not 0 < level < 1:
        raise ValueError(f"{successes} of {n} at {level} has no interval")
    z = normal_quantile((1 + level) / 2)
    share, scale = successes / n, 2 * (n + z**2)
    middle = (2 * n * share + z**2) / scale
    reach = z / scale * sqrt(4 * n * share * (1 - share) + z**2)
    return (
        middle - reach if successes else 0.0,
        middle + reach if successes < n else 1.0,
    )
