"""Collects what a report shows of retrieval: recall against k."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..scoring import ScoreReport

__all__ = ["retrieval_of"]

_TITLES = {"turns": "turns", "sessions": "sessions", "images": "images"}
_MEASURES = ("any", "complete")


def retrieval_of(report: ScoreReport) -> list[dict[str, Any]]:
    """Return a chart for each measure of recall that could be computed, with a row for each k."""
    section: Mapping[str, Any] = report.document.get("retrieval") or {}
    scored = report.document["metrics"].get("r_any") or {}
    conversations = len(scored.get("by_conversation") or report.benchmark.conversations)
    return [
        {
            "label": f"{measure} of the {title}" if name != "images" else "the image asked for",
            "rows": {
                "rows": [
                    {
                        "label": f"at {row['k']}",
                        **{part: row[part] for part in ("value", "low", "high", "n")},
                        **{"level": 0.95, "method": "clustered t", "clusters": conversations},
                    }
                    for row in section[name]["values"]
                    if row["measure"] == measure and row["group"] == "all"
                ],
                "more": 0,
            },
        }
        for name, title in _TITLES.items()
        for measure in (_MEASURES if name != "images" else _MEASURES[:1])
        if section.get(name) and section[name]["values"]
    ]
