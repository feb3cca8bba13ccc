"""Prints why wrong answers are wrong."""

from __future__ import annotations

from collections import Counter

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.text import counted

from ..failures import CAUSES, STAGES, Cause, FailureReport, Stage

__all__ = ["print_failures"]

_BY = {
    "judge": "the judge",
    "reported": "the verdicts in the file",
    "rules": "rules that compare words, numbers and dates",
    "v": "V",
}


def print_failures(failures: FailureReport) -> None:
    """Print the number of wrong answers by cause and stage, and what can't be determined."""
    document = failures.to_json()
    if not failures.rows:
        return
    by = ", ".join(f"{number:,} by {_BY[name]}" for name, number in document["judged_by"].items())
    echo(f"Not answered right: {counted(document['wrong'], 'question')} ({by})")
    counts: Counter[tuple[Cause | None, Stage | None, bool]] = Counter()
    for row in failures:
        counts[row.cause, row.stage, isinstance(row.question, TextQuestion)] += 1
    known = any(number for cause, number in failures.by_cause.items() if cause != "unknown")
    if known:
        table = make_table("Why", "Stage", numbers=["text", "visual"])
        for cause, meaning in CAUSES.items():
            for stage in (*STAGES, None):
                text, visual = counts[cause, stage, True], counts[cause, stage, False]
                if text or visual:
                    title = meaning.partition(":")[0]
                    table.add_row(title, stage or "–", f"{text:,}", f"{visual:,}")
        console().print(table)
    for state, number in failures.by_state.items():
        echo(f"{counted(number, 'question')} without an answer to explain: {state}")
    for why, number in document["unknown"].items():
        echo(f"Why {counted(number, 'answer')} went wrong can't be determined. {why}")
