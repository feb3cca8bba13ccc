"""Prints what was found among the retrieved passages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo_vqa.benchmark import CATEGORIES
from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.text import counted

from ..retrieval.evidence import LEFT_OUT
from ..retrieval.measures import CUTOFFS, MEASURES

__all__ = ["print_retrieval"]

_AT = 10
"""The k at which categories are shown."""

_TITLES = {"ndcg": "nDCG"}
_WHAT = {
    "turns": "Turns found",
    "sessions": "Sessions found",
    "images": "Images found",
}


def print_retrieval(section: Mapping[str, Any]) -> None:
    """Print the section `retrieval` of scores.json: nothing if no source says what it found."""
    shown = {name: section[name] for name in _WHAT if section[name] and section[name]["values"]}
    for name, found in shown.items():
        console().print(_table(name, found["values"]))
    if not shown:
        return
    if section["turns"]["reason"]:
        echo(f"Turns are not measured. {section['turns']['reason']}")
    evidence, places = section["evidence"], section["places"]
    text = (
        f"retrieved: {places['least']} to {places['most']} distinct turns for each question, "
        f"median {places['median']}; {counted(evidence['questions'], 'question')} with evidence"
    )
    left = [
        f"{number:,} left out ({LEFT_OUT[why]})" for why, number in evidence["left_out"].items()
    ]
    if broken := evidence["broken_entries"]:
        noun = "entry names" if broken == 1 else "entries name"
        left.append(f"{broken:,} further {noun} no turn")
    echo("; ".join([text, *left]))


def _table(name: str, values: list[Mapping[str, Any]]) -> Any:
    cells = {(row["measure"], row["k"], row["group"]): row["value"] for row in values}
    groups = [str(c) for c in CATEGORIES if any(row["group"] == str(c) for row in values)]
    table = make_table(
        _WHAT[name],
        numbers=[*(f"at {k}" for k in CUTOFFS), *(f"{CATEGORIES[int(g)]}, {_AT}" for g in groups)],
    )
    for measure in MEASURES:
        if name == "images" and measure in ("complete", "fraction"):
            continue  # With one image, they are the same as any.
        wanted = [(measure, k, "all") for k in CUTOFFS]
        wanted += [(measure, _AT, group) for group in groups]
        numbers = (cells.get(key) for key in wanted)
        table.add_row(
            _TITLES.get(measure, measure),
            *("–" if value is None else f"{value:.1f}" for value in numbers),
        )
    return table
