"""Compares a board with an earlier one: no accepted score may change or vanish."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from locomo_vqa.metric_names import metric_title

from ..board import Board
from ..board_entry import Entry

__all__ = ["TOLERANCE", "score_changes"]

TOLERANCE = 0.001
"""The largest difference between two computations of the same score, on the metric's scale."""


def score_changes(
    old: Board, new: Board, *, without: Collection[str] = ()
) -> Iterator[tuple[str, str]]:
    """Yield (entry, sentence) for everything accepted in `old` that `new` has differently.

    Args:
        old: the earlier board.
        new: the board of the same submissions, and perhaps further ones.
        without: metrics that were not to be computed in `new`.
    """
    later = {entry.name: entry for entry in new}
    if old.revision != new.revision:
        yield (
            "The board",
            f"was of the benchmark's revision {old.revision[:12]}, and is of {new.revision[:12]}.",
        )
    for entry in old:
        if entry.state != "rejected":
            for sentence in _differences(entry, later.get(entry.name), without):
                yield entry.name, sentence


def _differences(old: Entry, new: Entry | None, without: Collection[str]) -> Iterator[str]:
    if new is None:
        yield "was accepted, and vanished."
        return
    if dict(new.files) != dict(old.files):
        yield "was accepted, and its files changed."
    if new.state == "rejected":
        yield f"was accepted, and is rejected: {' '.join(new.problems)}"
        return
    before, after = _metrics(old), _metrics(new)
    for name, scores in before.items():
        if name not in without:
            yield from _metric_differences(metric_title(name), scores, after.get(name))


def _metrics(entry: Entry) -> Mapping[str, Mapping[str, Any]]:
    metrics: Mapping[str, Mapping[str, Any]] = entry.scores["metrics"] if entry.scores else {}
    return metrics


def _metric_differences(
    title: str, old: Mapping[str, Any], new: Mapping[str, Any] | None
) -> Iterator[str]:
    values = dict(_values(old))
    found = dict(_values(new or {}))
    for place, value in values.items():
        where = f"{title}{f' of {place}' if place else ''}"
        now = found.get(place)
        if now is None:
            reason = (new or {}).get("reason")
            yield f"{where} was {value:.3f}, and vanished{f': {reason}' if reason else '.'}"
        elif abs(now - value) > TOLERANCE:
            yield f"{where} was {value:.3f}, and is {now:.3f}."
        if not place and (now is None or abs(now - value) > TOLERANCE):
            return  # Its parts changed as well.


def _values(scores: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield each value of a metric by its place: "" for all questions, `by_category 2`, …"""
    overall = scores.get("overall")
    if overall and overall["value"] is not None:
        yield "", overall["value"]
    for part, estimates in scores.items():
        if part.startswith("by_") and isinstance(estimates, Mapping):
            for name, estimate in estimates.items():
                value = estimate.get("value") if isinstance(estimate, Mapping) else None
                if value is not None:
                    yield f"{part.removeprefix('by_')} {name}", value
