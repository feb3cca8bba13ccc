"""Measures what a run cost: tokens, calls and seconds, for answers and for model calls."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.errors import InputError
from locomo_vqa.runs import Prediction

from ..efficiency.measure import efficiency_of
from ..efficiency.totals import RunTotals
from ..running.metering import CALLS_FILE
from ..scoring import ScoreReport
from .calls import CallGroup, Calls, read_call_groups

__all__ = ["cost_of", "percentiles"]

_MOST_GROUPS = 50
_PERCENTILES = (50, 90, 95, 99)


def cost_of(report: ScoreReport, questions: Sequence[Question]) -> dict[str, Any]:
    """Return the latency and usage of the answers by kind of question, and the model calls.

    Each kind has the number of answers with known values: unrecorded ones do not count as 0.
    """
    given = {prediction.question_id: prediction for prediction in report.predictions}
    kinds: dict[str, list[Prediction]] = {}
    for question in questions:
        if question.id in given:
            kind = "Text questions" if isinstance(question, TextQuestion) else "Visual questions"
            kinds.setdefault(kind, []).append(given[question.id])
    if len(kinds) > 1:
        kinds["All"] = [answer for answers in kinds.values() for answer in answers]
    calls = read_call_groups(report.run.folder / CALLS_FILE) if report.run else None
    return {
        "latency": [
            {"label": kind, "rows": len(answers), **percentiles(_latencies(answers))}
            for kind, answers in kinds.items()
        ],
        "usage": [{"label": kind, **_usage(answers)} for kind, answers in kinds.items()],
        "calls": _call_rows(calls) if calls else None,
        "efficiency": _efficiency_by_stage(report.run.folder) if report.run else None,
    }


def percentiles(values: Sequence[float]) -> dict[str, float | int | None]:
    """Return the number of values, their mean, percentiles and maximum.

    Percentiles are interpolated linearly, like numpy's default.
    """
    if not values:
        return {"n": 0, "mean": None, **{f"p{p}": None for p in _PERCENTILES}, "max": None}
    cuts = (
        statistics.quantiles(values, n=100, method="inclusive")
        if len(values) > 1
        else [values[0]] * 99
    )
    found = {f"p{p}": cuts[p - 1] for p in _PERCENTILES}
    return {"n": len(values), "mean": statistics.fmean(values), **found, "max": max(values)}


def _latencies(answers: Sequence[Prediction]) -> list[float]:
    return [answer.latency_ms for answer in answers if answer.latency_ms is not None]


def _usage(answers: Sequence[Prediction]) -> dict[str, Any]:
    usages = [answer.usage for answer in answers if answer.usage is not None]
    return {
        "rows": len(answers),
        **{
            name: _sum([getattr(usage, name) for usage in usages])
            for name in ("calls", "input_tokens", "output_tokens")
        },
    }


def _sum(numbers: Sequence[int | None]) -> dict[str, int]:
    known = [number for number in numbers if number is not None]
    return {"n": len(known), "sum": sum(known)}


def _efficiency_by_stage(folder: Path) -> dict[str, Any] | None:
    """Return the models' figures by stage; None if no call can be read."""
    try:
        run = efficiency_of(folder)
    except InputError:
        return None
    rows = [{"label": stage, **asdict(figures)} for stage, figures in run.stages.items()]
    if run.memory is not None:
        rows.append({"label": "all of the memory stages", **asdict(run.memory)})
    if not rows:
        return None
    return {
        "size_bytes": run.size.total,
        "source": run.size_source,
        "rows": rows[:_MOST_GROUPS],
        "totals": _totals(run.totals) if run.totals else [],
    }


def _totals(totals: RunTotals) -> list[dict[str, Any]]:
    rows = [
        ("In all", None, totals.all),
        ("A conversation read", totals.conversations, totals.per_conversation),
        ("A question", totals.questions, totals.per_question),
    ]
    return [{"label": label, "of": number, **asdict(cost)} for label, number, cost in rows if cost]


def _call_rows(calls: Calls) -> dict[str, Any]:
    shown: Mapping[tuple[str, str], CallGroup] = calls.groups
    rows = [
        {
            "stage": stage[:200],
            "model": model[:200],
            "calls": group.calls,
            "counted": group.counted,
            "failed": group.failed,
            "replayed": group.replayed,
            "approximated": group.approximated,
            "input_tokens": group.input_tokens,
            "output_tokens": group.output_tokens,
            **percentiles(group.latencies),
        }
        for (stage, model), group in list(shown.items())[:_MOST_GROUPS]
    ]
    return {
        "groups": rows,
        "more": max(0, len(shown) - _MOST_GROUPS),
        "unreadable": calls.unreadable,
    }
