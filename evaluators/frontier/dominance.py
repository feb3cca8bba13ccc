"""Finds the runs that others dominate, and whether the difference in score is more than chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from locomo_vqa.statistics.paired import PairedDifference, holm

__all__ = ["LEVEL", "Dominance", "Verdict", "dominances", "verdict_of"]

LEVEL = 0.05
"""The Holm-corrected p-value below which a difference in score is more than chance."""

Verdict = Literal["frontier", "dominated", "within_noise"]
"""What a run is among others:

frontier       no other run is at least as good and as cheap, and one of both strictly
dominated      one is, and its score is higher by more than chance
within_noise   one is, but its score may be higher by chance, or is the same
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dominance:
    """A run that is at least as good and as cheap as another, and strictly better or cheaper."""

    run: int
    """The index of the dominated run."""
    by: int
    """The index of the run that dominates it."""
    difference: float
    """How much higher the score of `by` is, on the questions that are compared."""
    p: float | None
    """The exact paired p-value of the difference; None with fewer than six conversations."""
    p_holm: float | None = None
    """The p-value, corrected for the number of pairs that are tested."""

    @property
    def is_certain(self) -> bool:
        """Whether the difference in score is more than chance."""
        return self.difference > 0 and self.p_holm is not None and self.p_holm < LEVEL


def dominances(
    scores: Sequence[float],
    costs: Sequence[float],
    compare: Callable[[int, int], PairedDifference],
) -> list[Dominance]:
    """Return every pair of a dominated run and one that dominates it.

    Args:
        scores: the score of each run.
        costs: the cost of each run.
        compare: returns the paired difference of two runs by index, the second minus the first.
    """
    found = []
    for run, (score, cost) in enumerate(zip(scores, costs, strict=True)):
        for by, (other, price) in enumerate(zip(scores, costs, strict=True)):
            if other >= score and price <= cost and (other, price) != (score, cost):
                paired = compare(run, by)
                found.append(Dominance(run=run, by=by, difference=paired.difference, p=paired.p))
    tested = [one for one in found if one.p is not None]
    corrected = holm([one.p for one in tested if one.p is not None])
    by_pair = {(one.run, one.by): p for one, p in zip(tested, corrected, strict=True)}
    return [replace(one, p_holm=by_pair.get((one.run, one.by))) for one in found]


def verdict_of(run: int, found: Sequence[Dominance]) -> Verdict:
    """Return what a run is, from all pairs of `dominances`."""
    mine = [one for one in found if one.run == run]
    if not mine:
        return "frontier"
    return "dominated" if any(one.is_certain for one in mine) else "within_noise"
