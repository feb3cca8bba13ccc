"""Distinguishes many systems at once, with conversations as the sample.

Holm's correction needs p-values below the level divided by the number of pairs. With ten
conversations no p-value of sign flips is below 2 / 1024, so eight systems, which make 28 pairs,
could never be separated. The test here uses the same sign flips, but the largest difference of
all pairs at once: how widely systems lie apart by chance is counted, not bounded.
`benchmarks/ranks.py` measures its errors and its power.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from locomo_vqa.scores import FEW_CONVERSATIONS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["COUNTED_CONVERSATIONS", "Separation", "separate"]

COUNTED_CONVERSATIONS = 12
"""With more conversations, sign flips are drawn instead of counted."""

_DRAWN = 1 << (COUNTED_CONVERSATIONS - 1)
"""How many sign flips are drawn, the observed signs included."""
_TIE = 1e-6
"""The rounding error of sums, as a share of a system's largest: values may have been stored with
seven digits."""
_TOGETHER = 256
"""How many sign flips are looked at in one piece, which bounds the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """Which of many systems are separated; places are in the order of totals, highest first."""

    order: tuple[int, ...]
    """The row of the system at each place; of equal systems the first row comes first."""
    ends: tuple[int, ...]
    """By place: the first place below that is separated from it, or the number of systems."""
    starts: tuple[int, ...]
    """By place: the first place that is not separated from it, which may be itself."""
    distance: float
    """Two systems are separated exactly if their totals differ by more. Several values may have
    this property; this is the one nearest to the smallest difference that could be seen."""

    @property
    def separated(self) -> int:
        """The number of pairs that are separated."""
        return sum(len(self.ends) - end for end in self.ends)


def separate(
    sums: Sequence[Sequence[float]] | NDArray[np.float64],
    *,
    sizes: Sequence[int] | None = None,
    level: float = 0.05,
) -> Separation | None:
    """Separate systems by their sums over each conversation's questions, a row for each system.

    It is None for fewer than six conversations, which can't separate any.

    If two systems were equal, each conversation's difference could have either sign. All signs of
    a conversation are flipped together, for every pair, in all 2^G ways for G conversations (in
    2,048 random ways for more than 12), which keeps how systems depend on one another. A pair is
    separated if at most a share `level` of the sign flips gives any pair a difference as large as
    this pair's. Pairs that are separated are then left out of "any pair", and so on until nothing
    changes. For two systems it is `sign_flip_p`.

    The chance that any pair of equal systems is called different is at most `level`, if flipping
    signs doesn't change the joint distribution of the differences between equal systems. One
    distance holds for all pairs, so what is separated doesn't contradict itself: who lies
    between two that are tied is tied with both.

    Args:
        sums: the systems' sums by conversation.
        sizes: the number of questions by conversation; None if it is the same everywhere. It is
            used for `Separation.distance` alone.
        level: the chance of any wrong pair.

    Sources: P. H. Westfall and S. S. Young, "Resampling-Based Multiple Testing", 1993 (the largest
    statistic, stepwise); J. P. Romano and M. Wolf, "Exact and Approximate Stepdown Methods for
    Multiple Hypothesis Testing", Journal of the American Statistical Association 100, 2005, pages
    94-108 (the proof for permutations); B. Phipson and G. K. Smyth, "Permutation P-values Should
    Never Be Zero", Statistical Applications in Genetics and Molecular Biology 9, 2010 (drawn
    permutations with the observed one).

    Raises:
        ValueError: a sum is not finite, or rows have different lengths.
    """
    import numpy as np

    table = np.asarray(sums, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise ValueError("Systems need one finite sum for each conversation.")
    conversations = table.shape[1]
    if conversations < FEW_CONVERSATIONS:
        return None
    order = np.argsort(-table.sum(axis=1), kind="stable")
    table = table[order]
    flips = _sign_flips(conversations)
    allowed = int(level * len(flips))
    tie = _TIE * float(np.abs(table).sum(axis=1).max(initial=0.0))
    ends, distance = _stepwise(table, flips, allowed, tie)
    weights = np.ones(conversations) if sizes is None else np.asarray(sizes, dtype=np.float64)
    visible = _visible(table, weights / weights.sum(), flips, allowed)
    starts = np.searchsorted(ends, np.arange(len(table)), side="right")
    return Separation(
        order=tuple(order.tolist()),
        ends=tuple(ends.tolist()),
        starts=tuple(starts.tolist()),
        distance=max(distance, min(visible, (distance + _smallest_gap(table, ends)) / 2)),
    )


def _stepwise(
    table: NDArray[np.float64], flips: NDArray[np.float64], allowed: int, tie: float
) -> tuple[NDArray[np.int64], float]:
    """Return the end of each place (see `Separation`), and the last distance that was tested."""
    import numpy as np

    totals = table.sum(axis=1)
    ends, distance = np.full(len(table), len(table)), np.inf
    while len(table):
        widest = np.sort(_widest_differences(table, flips, ends))[::-1]
        nearer = float(widest[allowed]) + tie
        new_ends = np.searchsorted(-totals, -totals + nearer, side="right")
        if nearer >= distance or not (new_ends < ends).any():
            return ends, min(distance, nearer)
        ends, distance = new_ends, nearer
    return ends, 0.0


def _visible(
    table: NDArray[np.float64],
    weights: NDArray[np.float64],
    flips: NDArray[np.float64],
    allowed: int,
) -> float:
    """Return the smallest difference of two totals that could be seen, whichever two they are.

    It is a difference that is the same for every question, beside the deviations that all systems
    show from their own means. A sign flip leaves a share of it, and the deviations may add to that;
    what they add at most is reached by no more than the allowed number of flips.
    """
    import numpy as np

    conversations = table.shape[1]
    deviations = table - table.sum(axis=1)[:, None] * weights
    everyone = np.full(len(table), len(table))
    left = np.abs((flips * weights).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = _widest_differences(deviations, flips, everyone) / (1 - left)
    needed[left > 1 - _TIE] = np.inf
    small_sample = math.sqrt(conversations / (conversations - 1))
    return float(np.sort(needed)[::-1][allowed]) * small_sample


def _smallest_gap(table: NDArray[np.float64], ends: NDArray[np.int64]) -> float:
    """Return the smallest difference of two systems that are separated; infinite without any."""
    import numpy as np

    totals = table.sum(axis=1)
    above = np.flatnonzero(ends < len(table))
    gaps = totals[above] - totals[ends[above]]
    return float(gaps.min(initial=np.inf))


def _sign_flips(conversations: int) -> NDArray[np.float64]:
    """Return the sign flips as rows, the observed signs first; opposite rows count as one."""
    import numpy as np

    if conversations <= COUNTED_CONVERSATIONS:
        numbers = np.arange(1 << (conversations - 1))[:, None]
        bits = (numbers >> np.arange(conversations)) & 1
    else:
        bits = np.random.default_rng(0).integers(0, 2, (_DRAWN, conversations))
        bits[0] = 0
    return np.where(bits == 1, -1.0, 1.0)


def _widest_differences(
    table: NDArray[np.float64], flips: NDArray[np.float64], ends: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the largest difference of two systems that are not separated, by sign flip.

    These pairs are those within the ranges from each place to its end, so the largest difference
    is the largest of the ranges' own: the highest total in it minus the lowest.
    """
    import numpy as np

    firsts = np.flatnonzero(np.diff(ends, prepend=0) > 0)
    pieces = []
    for start in range(0, len(flips), _TOGETHER):
        piece = flips[start : start + _TOGETHER]
        totals = np.zeros((len(table), len(piece)))
        for conversation in range(table.shape[1]):
            totals += table[:, conversation, None] * piece[:, conversation]
        pieces.append(_widest_range(totals, firsts, ends[firsts]))
    return np.concatenate(pieces)


def _widest_range(
    totals: NDArray[np.float64], firsts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return, by column, the largest span of values within any of the ranges of rows.

    A range is covered by two ranges that overlap, whose lengths are the same power of two; the
    highest and lowest values of those are found from the ones half as long.
    """
    import numpy as np

    powers = np.log2(ends - firsts).astype(np.int64)
    highs = lows = totals
    widest = np.zeros(totals.shape[1])
    for power in range(int(powers.max(initial=-1)) + 1):
        if power:
            half = 1 << (power - 1)
            highs = np.maximum(highs[:-half], highs[half:])
            lows = np.minimum(lows[:-half], lows[half:])
        mine = powers == power
        left, right = firsts[mine], ends[mine] - (1 << power)
        spans = np.maximum(highs[left], highs[right]) - np.minimum(lows[left], lows[right])
        widest = np.maximum(widest, spans.max(axis=0, initial=0.0))
    return widest
