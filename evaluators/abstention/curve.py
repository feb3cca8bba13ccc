"""A over thresholds of a system's confidence: what it would be if unsure answers were declined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from .outcomes import Asked

__all__ = ["confidence_curve"]

_MOST_POINTS = 101


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """The shares if every answer below a threshold counted as declined."""

    threshold: float
    """Answers with a lower confidence count as declined."""
    nothing: float
    """The share declined where nothing is to be found, in percent."""
    something: float
    """The share not answered where something is, in percent."""
    a: float
    """The first minus the second."""


def confidence_curve(asked: Sequence[Asked]) -> dict[str, Any] | None:
    """Return A over thresholds, for one kind of questions; None without any confidence.

    It has `known`, the number of answers that come with a confidence; the others never change.
    `area` is the chance that a question in which nothing is to be found has a lower confidence
    than one in which something is, where declined ones are below all others: 0.5 is chance, and no
    threshold needs to be chosen for it. At most 101 points are kept, evenly by rank.
    """
    answered = [each for each in asked if not each.flag and each.confidence is not None]
    if not answered:
        return None
    found = {True: [e for e in asked if e.nothing], False: [e for e in asked if not e.nothing]}
    levels = sorted({each.confidence for each in answered if each.confidence is not None})
    points = [_point(found, threshold) for threshold in _thinned([*levels, levels[-1] + 1e-9])]
    return {
        "known": len(answered),
        "area": _area(found),
        "points": [asdict(point) for point in points],
    }


def _thinned(levels: list[float]) -> list[float]:
    if len(levels) <= _MOST_POINTS:
        return levels
    last = len(levels) - 1
    return [levels[round(n * last / (_MOST_POINTS - 1))] for n in range(_MOST_POINTS)]


def _point(found: dict[bool, list[Asked]], threshold: float) -> _Point:
    shares = {
        nothing: 100 * sum(_counts(each, threshold) for each in group) / len(group)
        for nothing, group in found.items()
    }
    return _Point(
        threshold=min(1.0, threshold),
        nothing=shares[True],
        something=shares[False],
        a=shares[True] - shares[False],
    )


def _counts(each: Asked, threshold: float) -> bool:
    return each.flag or (each.confidence is not None and each.confidence < threshold)


def _area(found: dict[bool, list[Asked]]) -> float:
    """Return the share of pairs in the right order, ties as a half (Mann and Whitney)."""
    ranked = sorted((_rank(each), nothing) for nothing, group in found.items() for each in group)
    below, wins = 0.0, 0.0
    for _, ties in groupby(ranked, key=lambda one: one[0]):
        here = [nothing for _, nothing in ties]
        nothing = sum(here)
        wins += (len(here) - nothing) * (below + nothing / 2)
        below += nothing
    return wins / (len(found[True]) * len(found[False]))


def _rank(each: Asked) -> float:
    if each.flag:
        return -1.0
    return 2.0 if each.confidence is None else each.confidence
