"""Everything that the board's page shows, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from locomo_vqa.metric_names import METRICS
from locomo_vqa.scores import FEW_CONVERSATIONS

from ..board import Board
from ..board_entry import Entry
from ..ranking.rank_texts import TABLE_TITLES
from ..records.reported import reported_rows
from ..results import BOARD_METRICS, NOT_SCORED
from .board_rows import MAIN_METRICS, UNRANKED, accepted_entries, group_names, ranking_notes
from .contrasts import contrasts
from .reasons import public_reason
from .reported_table import reported_table

__all__ = ["page_data"]


def page_data(board: Board, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return everything that the page shows, with its `rows`; any text in it is untrusted."""
    accepted = accepted_entries(board)
    return {
        "dataset": {"id": board.dataset, "revision": board.revision},
        "newest": max((row["date"] for row in rows), default=None),
        "metrics": [_metric_column(name, accepted) for name in BOARD_METRICS],
        "main": list(MAIN_METRICS),
        "charted": [name for name in MAIN_METRICS if METRICS[name].needs != "retrieved"],
        "groups": group_names(accepted),
        "default": _default_metric(rows),
        "few_conversations": FEW_CONVERSATIONS,
        "contrasts": contrasts(board),
        "tables": {**TABLE_TITLES, UNRANKED: "no table: not ranked"},
        "rankings": ranking_notes(board),
        "entries": rows,
        "reported": reported_table(reported_rows()),
        "rejected": [
            {"entry": entry.name, "problems": list(entry.problems)}
            for entry in board.entries
            if entry.state == "rejected"
        ],
    }


def _metric_column(name: str, entries: Sequence[Entry]) -> dict[str, Any]:
    found = [entry.scores["metrics"].get(name, NOT_SCORED) for entry in entries if entry.scores]
    computed = [metric for metric in found if metric["state"] == "ok"]
    reasons: dict[str, int] = {}
    for metric in found:
        if metric["state"] != "ok":
            reason = public_reason(metric["reason"] or "No reason is given.")
            reasons[reason] = reasons.get(reason, 0) + 1
    return {
        "name": name,
        "label": METRICS[name].title,
        "meaning": METRICS[name].meaning,
        "scale": METRICS[name].scale,
        "signatures": sorted({metric["signature"] or "not given" for metric in computed}),
        "reasons": reasons,
    }


def _default_metric(rows: list[dict[str, Any]]) -> str:
    has_v = any(row["scores"]["v"]["value"] is not None for row in rows)
    return "v" if has_v else "f1"
