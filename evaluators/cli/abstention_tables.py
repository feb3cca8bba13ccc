"""Prints the parts of A: what was declined, and what was answered instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo_vqa.cli_support import console, echo, make_table

__all__ = ["print_abstention"]

_NAMES = {
    ("text", "nothing"): "adversarial questions",
    ("text", "something"): "other text questions",
    ("visual", "nothing"): "visual twins",
    ("visual", "something"): "visual questions",
}
_SHOWN = (0.25, 0.5, 0.75)


def print_abstention(section: Mapping[str, Any]) -> None:
    """Print a table with the share that was declined and every outcome, then the curves."""
    table = make_table(
        "Questions",
        numbers=["n", "declined %", "95 % interval", "right", "trap", "other", "no answer"],
    )
    for kind, found in section["kinds"].items():
        for side in ("nothing", "something"):
            table.add_row(_NAMES[kind, side], *_cells(found[side], side))
    console().print(table)
    for kind, found in section["kinds"].items():
        if len(section["kinds"]) > 1:
            echo(f"A of {kind} questions: {found['a']['value']:.1f}")
        if found["curve"]:
            _print_curve(kind, found["curve"])
    if judge := section.get("judge"):
        echo(f"What declines was decided by {section['declined_by']}. {judge['text']}")


def _cells(side: Mapping[str, Any], name: str) -> list[str]:
    outcomes, interval = side["outcomes"], side["declined"]["interval"]
    none = sum(outcomes[key] for key in ("empty", "filtered", "failed", "missing"))
    return [
        f"{side['n']:,}",
        f"{side['declined']['value']:.1f}",
        f"{interval['low']:.1f} … {interval['high']:.1f}" if interval else "–",
        f"{outcomes['right']:,}" if name == "something" else "–",
        f"{outcomes['trap']:,}" if name == "nothing" else "–",
        f"{outcomes['other']:,}",
        f"{none:,}",
    ]


def _print_curve(kind: str, curve: Mapping[str, Any]) -> None:
    """Print A at a few thresholds of the system's own confidence."""
    points = []
    for threshold in _SHOWN:
        reached = [p for p in curve["points"] if p["threshold"] >= threshold]
        if reached:
            points.append(f"{reached[0]['a']:.1f} below {threshold}")
    echo(
        f"The system's confidence in {curve['known']:,} {kind} answers: area {curve['area']:.2f}; "
        f"A if answers were declined: {', '.join(points) or 'no threshold was reached'}."
    )
