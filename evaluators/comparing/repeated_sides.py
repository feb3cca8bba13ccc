"""Makes one side of a comparison from several runs of one system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_text
from locomo_vqa.metric_names import METRICS
from locomo_vqa.statistics.noise import RunNoise, Scored, split_noise
from locomo_vqa.text import counted

from ..scoring.repeated import LAYOUT
from .sides import Side

__all__ = ["join_sides", "run_noise"]


def join_sides(sides: Sequence[Side], *, name: str | None = None) -> Side:
    """Return one side with each question's mean over runs; rows are counted over all runs.

    Raises:
        InputError: the runs have different splits.
    """
    first = sides[0]
    for side in sides:
        if side.document["dataset"] != first.document["dataset"]:
            raise InputError(
                f"{side.name}: was scored on other data, or another split, than {first.name}.",
                "Give runs of one system on one split together.",
            )
    metrics = {metric: _joined_metric(metric, sides) for metric in first.document["metrics"]}
    lengths = [length for side in sides if (length := side.document["answer_length"]) is not None]
    shas = [side.document["source"]["sha256"] for side in sides]
    called = name or f"{first.name} and {len(sides) - 1} more"
    return replace(
        first,
        name=called,
        document={
            **first.document,
            "source": {
                "name": called,
                "layout": LAYOUT,
                "sha256": sha256_text("".join(f"{sha}\n" for sha in shas)),
            },
            "rows": _joined_rows([side.document["rows"] for side in sides]),
            "answer_length": fmean(lengths) if lengths else None,
            "notes": _notes(sides),
            "metrics": metrics,
        },
        values={metric: _means(metric, sides) for metric in metrics},
        answered=frozenset().union(*(side.answered for side in sides)),
        runs=tuple(sides),
    )


def run_noise(side: Side, metric: str, questions: Mapping[str, str]) -> RunNoise | None:
    """Return how a side's runs vary as wholes on some questions; None for one run.

    Args:
        side: the side.
        metric: the metric.
        questions: the questions, each with its conversation.
    """
    by_answers: dict[tuple[str, str], list[Side]] = {}
    for place, run in enumerate(side.runs):
        memory = run.memory or str(place)
        by_answers.setdefault((memory, run.document["source"]["sha256"]), []).append(run)
    if len(by_answers) < 2:
        return None
    scored = [
        Scored(
            memory=memory,
            answers=answers,
            values={name: _mean([one.values[metric][name] for one in runs]) for name in questions},
        )
        for (memory, answers), runs in by_answers.items()
    ]
    return split_noise(scored, questions, judged=False).between


def _joined_metric(metric: str, sides: Sequence[Side]) -> dict[str, Any]:
    """Return the entry of a metric: the first run's if all have it in one way."""
    first = dict(sides[0].document["metrics"][metric])
    given = METRICS[metric].needs == "verdicts"
    signatures: dict[str, None] = {}
    for side in sides:
        found = side.document["metrics"].get(metric)
        if found is None or found["state"] != "ok":
            reason = (found and found["reason"]) or "it was not computed."
            return {**first, "state": "not_computed", "reason": f"{side.name}: {reason}"}
        same = side.values[metric].keys() == sides[0].values[metric].keys()
        if not same or (found["signature"] != first["signature"] and not given):
            reason = "its questions or signature differ from those of the first run."
            return {**first, "state": "not_computed", "reason": f"{side.name}: {reason}"}
        signatures[found["signature"]] = None
    return {**first, "signature": " / ".join(signatures)}


def _means(metric: str, sides: Sequence[Side]) -> dict[str, float | None]:
    tables = [side.values.get(metric, {}) for side in sides]
    return {
        question: None if None in (found := [t.get(question) for t in tables]) else _mean(found)
        for question in tables[0]
    }


def _mean(values: Sequence[float | None]) -> float:
    return fmean(value for value in values if value is not None)


def _joined_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for key, value in rows[0].items():
        if isinstance(value, int):
            joined[key] = sum(one[key] for one in rows)
        else:
            counts: Counter[str] = Counter()
            for one in rows:
                counts.update(one.get(key) or {})
            joined[key] = dict(counts)
    return joined


def _notes(sides: Sequence[Side]) -> list[str]:
    runs = counted(len(sides), "run")
    notes = [f"{runs}: values are means over them, rows are counted over all."]
    for side in sides:
        notes += [f"{side.name}: {note}" for note in side.document["notes"]]
    return notes
