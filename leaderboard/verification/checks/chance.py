"""The chance that this many answers agree by themselves."""

from __future__ import annotations

__all__ = ["at_least"]


def at_least(successes: int, n: int, share: float) -> float:
    """Return the chance of `successes` or more in `n` independent trials, each with chance `share`.

    Source: the upper tail of the binomial distribution, as scipy computes it.
    """
    if successes <= 0:
        return 1.0
    from scipy.special import bdtrc  # type: ignore[import-untyped, unused-ignore]

    return float(bdtrc(successes - 1, n, share))
