"""The exact test of a difference whose sign was decided by fair coins."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["coin_test"]


def coin_test(differences: Sequence[int]) -> float:
    """Return the probability that coins alone give a sum at least as large as the observed one.

    Each difference could as well have had the other sign: a fair coin decided it. The p-value is
    one-sided, the share of all sign combinations whose sum is at least the observed one, which is
    included. Differences are whole numbers, so the combinations are counted by their sums without
    enumerating them. Differences of 0 don't matter; without others, the p-value is 1.

    Source: R. A. Fisher, "The Design of Experiments", 1935, section 21.
    """
    import numpy

    sizes = [abs(each) for each in differences if each]
    shares = numpy.ones(1)
    for size in sizes:
        either = numpy.zeros(len(shares) + 2 * size)
        either[: len(shares)] += shares / 2
        either[2 * size :] += shares / 2
        shares = either
    return min(1.0, float(shares[sum(sizes) + sum(differences) :].sum()))
