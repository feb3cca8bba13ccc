"""Everything that the board's page shows, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from locomo_vqa.metric_names import METRICS
from locomo_vqa.scores import FEW_CONVERSATIONS

from ..board import Board
from ..board_entry import Entry
from ..results import BOARD_METRICS, NOT_SCORED, result_rows
from .contrasts import contrasts

__all__ = ["page_data"]


def page_data(board: Board) -> dict[str, Any]:
    """Return everything that the page shows; any text in it is untrusted."""
    rows = result_rows(board, board.rankings)
    accepted = [entry for entry in board.entries if entry.state == "rescored"]
    return {
        "dataset": {"id": board.dataset, "revision": board.revision},
        "metrics": [_metric_column(name, accepted) for name in BOARD_METRICS],
        "default": _default_metric(rows),
        "few_conversations": FEW_CONVERSATIONS,
        "contrasts": contrasts(rows),
        "entries": rows,
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
            reason = metric["reason"] or "No reason is given."
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
