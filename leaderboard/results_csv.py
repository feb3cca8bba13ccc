"""results.csv: the board's numbers for a spreadsheet, in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from typing import Any

from .page import METRICS

__all__ = ["results_csv"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BEFORE = (
    "entry",
    "system",
    "version",
    "answerer",
    "pictures",
    "split",
    "date",
    "submission_type",
    "trained_on_locomo",
)
_AFTER = ("answered", "questions", "states", "answer_length", "conversations")


def results_csv(rows: list[dict[str, Any]]) -> str:
    """Return the rows of `page.result_rows` as CSV with a heading.

    A score that was not computed is an empty cell. A text that a spreadsheet would take for a
    formula gets an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [
            *_BEFORE,
            *(f"{name}{end}" for name in METRICS for end in ("", "_low", "_high", "_n")),
            *_AFTER,
        ]
    )
    for row in rows:
        writer.writerow([_cell(value) for value in _values(row)])
    return out.getvalue()


def _values(row: dict[str, Any]) -> list[Any]:
    scores = [row["scores"][name] for name in METRICS]
    states = "; ".join(f"{number} {state}" for state, number in row["states"].items())
    return [
        *(row[name] for name in _BEFORE),
        *(score.get(name) for score in scores for name in ("value", "low", "high", "n")),
        row["given"],
        row["total"],
        states,
        row["answer_length"],
        row["conversations"],
    ]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and (value[:1] in _FORMULA or value.lstrip()[:1] in _FORMULA):
        return f"'{value}"
    return value
