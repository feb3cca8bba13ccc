"""Confidence intervals of proportions."""

from __future__ import annotations

from math import sqrt

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
    from scipy.special import ndtri  # type: ignore[import-untyped, unused-ignore]

    if n < 1 or not 0 <= successes <= n or not 0 < level < 1:
        raise ValueError(f"{successes} of {n} at {level} has no interval")
    z = float(ndtri((1 + level) / 2))
    share, scale = successes / n, 2 * (n + z**2)
    middle = (2 * n * share + z**2) / scale
    reach = z / scale * sqrt(4 * n * share * (1 - share) + z**2)
    return (
        middle - reach if successes else 0.0,
        middle + reach if successes < n else 1.0,
    )
