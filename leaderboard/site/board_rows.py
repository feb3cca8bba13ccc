"""The rows of the board's table, with everything that a column, a filter or a plot needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from locomo_vqa.benchmark import CATEGORIES
from locomo_vqa.metric_names import METRICS

from ..board import Board
from ..board_entry import Entry
from ..results import BOARD_METRICS, result_rows
from .reasons import public_reason

__all__ = [
    "MAIN_METRICS",
    "UNRANKED",
    "accepted_entries",
    "board_rows",
    "group_names",
    "ranking_notes",
]

MAIN_METRICS = tuple(
    name
    for name in BOARD_METRICS
    if (METRICS[name].scale >= 100 or name == "f1") and not METRICS[name].contributes
)
"""The metrics that are explained, plotted and split into categories and types."""

UNRANKED = "unranked"
"""The name of the table of entries that no table ranks."""
_DIGITS = 4


def accepted_entries(board: Board) -> list[Entry]:
    """Return the entries that have scores; an entry's place among them is its number."""
    return [entry for entry in board.entries if entry.state == "rescored"]


def board_rows(board: Board) -> list[dict[str, Any]]:
    """Return a row for each accepted entry: that of `result_row`, and what only the page shows.

    A run's options are on the page of its entry only: there may be any number of them.
    """
    accepted = accepted_entries(board)
    return [
        {
            **{name: value for name, value in row.items() if name != "ran"},
            "number": number,
            "table": entry.table or UNRANKED,
            "unranked": entry.unranked,
            "scores": _scores(board, entry, row),
            "cost": _cost(entry),
            "groups": {name: _groups(entry, name) for name in MAIN_METRICS},
        }
        for number, (entry, row) in enumerate(
            zip(accepted, result_rows(accepted, board.rankings), strict=True)
        )
    ]


def ranking_notes(board: Board) -> dict[str, dict[str, list[Any]]]:
    """Return by table and metric the comparisons: how many pairs differ, or why none is ranked.

    Of their entries, only the number is returned: a large board has thousands of names.
    """
    return {
        table: {
            metric: [{**one, "entries": len(one["entries"])} for one in ranking["comparisons"]]
            for metric, ranking in metrics.items()
        }
        for table, metrics in board.rankings.items()
    }


def group_names(entries: Iterable[Entry]) -> dict[str, list[list[str]]]:
    """Return each main metric's categories or question types that have a value, with their titles.

    Categories are in the order of their numbers, types in that of their names.
    """
    found: dict[str, set[str]] = {name: set() for name in MAIN_METRICS}
    for entry in entries:
        for metric in MAIN_METRICS:
            found[metric].update(_groups(entry, metric))
    return {
        metric: [[name, _group_title(name)] for name in sorted(names)]
        for metric, names in found.items()
    }


def _group_title(name: str) -> str:
    return CATEGORIES.get(int(name), name) if name.isdecimal() else name


def _groups(entry: Entry, metric: str) -> dict[str, list[float | None]]:
    """Return value, interval and number of questions of each category or type."""
    scores = entry.scores["metrics"].get(metric) if entry.scores else None
    if scores is None or scores["state"] != "ok":
        return {}
    groups: dict[str, list[float | None]] = {}
    for name, estimate in {**scores["by_category"], **scores["by_type"]}.items():
        if estimate["value"] is not None:
            interval: Mapping[str, Any] = estimate["interval"] or {}
            numbers = (estimate["value"], interval.get("low"), interval.get("high"))
            groups[str(name)] = [*map(_rounded, numbers), estimate["n"]]
    return groups


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, _DIGITS)


def _scores(board: Board, entry: Entry, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's scores, with public reasons, and the number of the set of several."""
    rankings = board.rankings.get(entry.table or "", {})
    scores = {}
    for metric, score in row["scores"].items():
        ranking = rankings.get(metric)
        several = ranking is not None and len(ranking["comparisons"]) > 1
        place = ranking["entries"].get(entry.name) if ranking is not None and several else None
        scores[metric] = {**score, "set": None if place is None else place["comparison"] + 1}
        if "reason" in score:
            scores[metric]["reason"] = public_reason(score["reason"])
    return scores


def _cost(entry: Entry) -> dict[str, Any]:
    """Return what an answer took: calls, tokens and latency; and the price of 1,000 answers."""
    usage, scores = entry.usage or {}, entry.scores
    total = scores["rows"]["matched"] + scores["rows"]["missing"] if scores else 0

    def each(number: float | None, *, of: int = 1) -> float | None:
        return None if number is None or not total else _rounded(of * number / total)

    tokens = [usage.get(name) for name in ("input_tokens", "output_tokens")]
    return {
        "calls": each(usage.get("calls")),
        "tokens": None if None in tokens else each(sum(map(float, filter(None, tokens)))),
        "price": each(usage.get("price"), of=1000),
        "currency": usage.get("currency"),
        "latency": usage.get("latency_ms"),
    }
