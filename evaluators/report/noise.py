"""Summarizes how much of the scores is noise, for a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo_vqa.metric_names import METRICS, metric_title

from ..noise.wording import part_title

__all__ = ["noise_of_document"]


def noise_of_document(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a row for each metric and part of its variance; None if nothing was repeated."""
    noise = document.get("noise")
    if not noise:
        return None
    rows: list[dict[str, Any]] = []
    notes: dict[str, list[str]] = {}
    for name, metric in noise["metrics"].items():
        digits = 2 if METRICS[name].scale == 100 else 4
        title = metric_title(name)
        believable = f"{metric['believable']:.{digits}f}"
        rows.append(_row(title, metric["sd"], 1.0, digits, believable=believable))
        for part in metric["parts"]:
            below = " (below 0)" if part["estimate"] < 0 else ""
            label = f"– {part_title(part['sources'])}{below}"
            rows.append(_row(label, part["sd"], part["share"], digits))
        for note in metric["notes"]:
            notes.setdefault(note, []).append(title)
    return {
        "runs": len({run["answers"] for run in noise["runs"]}),
        "rows": rows,
        "notes": [f"{', '.join(titles)}: {note}" for note, titles in notes.items()],
    }


def _row(
    label: str, sd: float, share: float, digits: int, *, believable: str = ""
) -> dict[str, Any]:
    return {
        "label": label,
        "sd": f"{sd:.{digits}f}",
        "share": f"{100 * share:.0f} %",
        "believable": believable,
    }
