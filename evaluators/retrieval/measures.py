"""Recall and nDCG at k, from the ranks at which the evidence of a question was retrieved.

A rank is counted from 1; None means that a piece of evidence was not retrieved. The number of
pieces is the denominator whatever the length of the ranking, so a short one gains nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import log2
from typing import Literal, TypeAlias, get_args

__all__ = ["CUTOFFS", "MEASURES", "Measure", "Ranks", "measure"]

Ranks: TypeAlias = Sequence[int | None]
"""The rank of each piece of a question's evidence."""

Measure = Literal["any", "complete", "fraction", "ndcg"]
"""What is measured among the first k:

any        whether any of the evidence is there
complete   whether all of it is
fraction   the share that is
ndcg       the share, where evidence counts less the later it comes: 1 / log2(1 + rank), divided by
           the sum for the best order
"""

CUTOFFS = (1, 5, 10, 20, 50)
"""The values of k."""


def _any(ranks: Ranks, k: int) -> float:
    return float(any(rank is not None and rank <= k for rank in ranks))


def _complete(ranks: Ranks, k: int) -> float:
    return float(all(rank is not None and rank <= k for rank in ranks))


def _fraction(ranks: Ranks, k: int) -> float:
    return sum([rank is not None and rank <= k for rank in ranks]) / len(ranks)


def _ndcg(ranks: Ranks, k: int) -> float:
    gains = [1 / log2(1 + rank) for rank in ranks if rank is not None and rank <= k]
    return sum(gains) / _best_gain(min(k, len(ranks)))


@cache
def _best_gain(pieces: int) -> float:
    return sum(1 / log2(1 + rank) for rank in range(1, pieces + 1))


_FUNCTIONS: Mapping[Measure, Callable[[Ranks, int], float]] = {
    "any": _any,
    "complete": _complete,
    "fraction": _fraction,
    "ndcg": _ndcg,
}
MEASURES: tuple[Measure, ...] = get_args(Measure)


def measure(name: Measure, ranks: Ranks, k: int) -> float:
    """Return a measure of one question, from 0 to 1.

    Args:
        name: the measure.
        ranks: the rank of each piece of evidence; at least one.
        k: how many of the first places count.
    """
    return _FUNCTIONS[name](ranks, k)
