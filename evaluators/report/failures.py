"""Why wrong answers are wrong: counts by cause and stage, and the cause of each answer."""

from __future__ import annotations

from collections import Counter
from typing import Any

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.local_paths import public_text

from ..failures import CAUSES, STAGES, Cause, Failure, Stage
from ..scoring import ScoreReport

__all__ = ["causes_by_question", "failures_of"]

_MOST_REASONS = 10


def failures_of(report: ScoreReport) -> dict[str, Any] | None:
    """Return the counts by cause and stage; None if it was not looked for causes."""
    if report.failures is None:
        return None
    counts: Counter[tuple[Cause | None, Stage | None, bool]] = Counter(
        (row.cause, row.stage, isinstance(row.question, TextQuestion)) for row in report.failures
    )
    section = report.failures.to_json()
    rows = [
        {
            "cause": cause,
            "title": CAUSES[cause].partition(":")[0],
            "meaning": CAUSES[cause].partition(": ")[2],
            "stage": stage,
            "text": counts[cause, stage, True],
            "visual": counts[cause, stage, False],
        }
        for cause in CAUSES
        for stage in (*STAGES, None)
        if counts[cause, stage, True] or counts[cause, stage, False]
    ]
    return {
        "rows": rows,
        "wrong": section["wrong"],
        "judged_by": section["judged_by"],
        "states": section["states"],
        "unknown": list(section["unknown"].items())[:_MOST_REASONS],
    }


def causes_by_question(report: ScoreReport) -> dict[str, list[str | None]]:
    """Return the cause's name and title, the stage, and what decided it, by question id."""
    return {row.question.id: _shown(row) for row in report.failures or () if row.finding}


def _shown(row: Failure) -> list[str | None]:
    assert row.finding is not None
    cause = row.finding.cause
    title = CAUSES[cause].partition(":")[0]
    return [cause, title, row.stage, public_text(row.finding.why)]
