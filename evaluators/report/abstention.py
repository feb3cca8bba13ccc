"""Collects what a report shows of A: the shares that were declined, and every outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["abstention_of"]

_LABELS = {
    ("text", "nothing"): "Adversarial questions",
    ("text", "something"): "Other text questions",
    ("visual", "nothing"): "Visual twins",
    ("visual", "something"): "Visual questions",
}


def abstention_of(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the rows and the curves of A in a scores document; None without A."""
    section = document.get("abstention")
    if section is None:
        return None
    return {
        "rows": [
            {
                "label": _LABELS[kind, side],
                "n": found[side]["n"],
                "declined": found[side]["declined"]["value"],
                "low": (found[side]["declined"]["interval"] or {}).get("low"),
                "high": (found[side]["declined"]["interval"] or {}).get("high"),
                "outcomes": found[side]["outcomes"],
            }
            for kind, found in section["kinds"].items()
            for side in ("nothing", "something")
        ],
        "curves": [
            {"kind": kind, **found["curve"]}
            for kind, found in section["kinds"].items()
            if found["curve"]
        ],
        "declined_by": section["declined_by"],
        "judge": (section.get("judge") or {}).get("text"),
    }
