"""Compares an entry's row: its scores, intervals and counts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .answers import Board, compute, of_metric
from .comparison import Comparison
from .intervals import interval
from .metrics import METRICS, SCALE, STORED, VISUAL

__all__ = ["check_entry"]


def check_entry(board: Board, row: dict[str, Any], result: Comparison) -> dict[str, Any]:
    """Compare an entry's row in the page's data; return the computed columns of its CSV row."""
    name = row["entry"]
    questions, counts = compute(board, name, row["split"])
    for what, value in counts.items():
        result.equal(what, name, row[what], value)
    columns = {
        "answered": counts["given"],
        "questions": counts["total"],
        "answer_length": counts["answer_length"],
        "conversations": counts["conversations"],
    }
    stored = board.stored[board.stored.entry == name].set_index("question_id")
    for metric in (*METRICS, *STORED):
        asked = of_metric(questions, metric)
        scores = row["scores"][metric]
        if scores["value"] is None:
            continue
        if metric in METRICS:
            for question, value in zip(asked.id, asked[metric], strict=True):
                result.equal(
                    f"{metric} of a question",
                    f"{name} {question}",
                    float(stored.loc[question, metric]),
                    value,
                )
        columns |= check_metric(name, metric, asked, scores, result)
        for group, numbers in (row.get("groups") or {}).get(metric, {}).items():
            key = asked.category.astype("Int64").astype(str) if metric not in VISUAL else asked.type
            part = asked[key == group]
            result.equal(
                f"{metric} by group",
                f"{name} {group}",
                numbers[0],
                float(part[metric].mean()),
            )
            result.equal("n by group", f"{name} {group}", numbers[3], len(part), 0)
            ends = ends_of(metric, part, scores)
            for shown, computed in zip(numbers[1:3], ends, strict=True):
                result.equal(f"{metric} by group, interval", f"{name} {group}", shown, computed)
    if "reported_j" in questions:
        asked = of_metric(questions, "f1")
        columns |= check_metric(name, "reported_j", asked, row["reported_j"], result)
    return columns


def ends_of(metric: str, asked: pd.DataFrame, scores: dict[str, Any]) -> Any:
    """Return the computed interval of a mean."""
    scale = SCALE.get(metric, 1.0)
    return interval(asked[metric], asked.conversation, 0.0, scale)


def check_metric(
    name: str, metric: str, asked: pd.DataFrame, scores: dict[str, Any], result: Comparison
) -> dict[str, Any]:
    """Compare a metric's value, interval and number of questions."""
    value = float(asked[metric].mean())
    low, high = ends_of(metric, asked, scores)
    columns = {
        metric: value,
        f"{metric}_low": low,
        f"{metric}_high": high,
        f"{metric}_n": len(asked),
    }
    for key, computed in zip(("value", "low", "high", "n"), columns.values(), strict=True):
        result.equal(f"{metric} {key}", name, scores[key], computed)
    return columns
