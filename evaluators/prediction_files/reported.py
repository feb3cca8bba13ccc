"""The verdicts that a file carries, joined with a benchmark's questions: reported J."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.published_files import ReportedVerdicts
from locomo_vqa.text import counted

from .rows import SourceRow
from .verdicts import FoundVerdicts

__all__ = ["reported_verdicts"]

_FEW = 20
_AS_OFTEN = 0.99
"""The share of answers with equally many verdicts that makes the passes of a judge."""


def reported_verdicts(
    found: FoundVerdicts | None,
    joined: Mapping[str, SourceRow],
    questions: Mapping[str, TextQuestion],
) -> ReportedVerdicts | None:
    """Return the verdicts on the questions with a gold answer; None if there are none.

    Args:
        found: the verdicts in the file's rows.
        joined: the row of each question, by question id.
        questions: the benchmark's text questions, by id.
    """
    if found is None:
        return None
    scored = {
        question_id: row
        for question_id, row in joined.items()
        if question_id in questions and questions[question_id].category != 5
    }
    values = {
        question_id: found.values[row.order]
        for question_id, row in scored.items()
        if row.order in found.values
    }
    if not values:
        return None
    without = {n for n, row in scored.items() if row.prediction and n not in values}
    return ReportedVerdicts(
        without=frozenset(without),
        key=found.key,
        judge=found.judge,
        values=values,
        notes=tuple(_notes(found, scored, values)),
        passes=_passes(found, {name: scored[name].order for name in values}),
    )


def _passes(found: FoundVerdicts, orders: Mapping[str, int]) -> tuple[Mapping[str, float], ...]:
    """Return each pass of the judge, if every answer but a few was judged as often.

    The few, which have more or fewer verdicts, have their mean in every pass.
    """
    counts = Counter(len(found.every[order]) for order in orders.values())
    number, common = counts.most_common(1)[0]
    if number < 2 or common < _AS_OFTEN * len(orders):
        return ()
    return tuple(
        {
            name: found.every[order][place]
            if len(found.every[order]) == number
            else found.values[order]
            for name, order in orders.items()
        }
        for place in range(number)
    )


def _notes(
    found: FoundVerdicts, scored: Mapping[str, SourceRow], values: Mapping[str, float]
) -> list[str]:
    notes = []
    orders = {row.order for row in scored.values()}
    if len(values) >= _FEW and len(set(values.values())) == 1:
        same = next(iter(values.values()))
        word = {1.0: "accepted", 0.0: "refused"}.get(same, "the same")
        notes.append(
            f"All {len(values):,} verdicts in the file are alike: every answer is {word}. "
            "Check that a judge gave them."
        )
    if errors := found.errors & orders:
        accepted = sum(found.values.get(order, 0.0) >= 0.5 for order in errors)
        notes.append(
            f"The judge's reason is an error message in {counted(len(errors), 'row')}: its call "
            f"failed, and {accepted:,} of the verdicts there accept the answer."
        )
    if differ := found.disagreeing & orders:
        several = len(found.repeated & orders)
        what = f" of {several:,} that were judged several times" if several else ""
        notes.append(
            f"The file's own verdicts on an answer disagree in "
            f"{counted(len(differ), 'row')}{what}; "
            + ("their mean counts." if several else f"those under '{found.key}' count.")
        )
    blank = sum(row.prediction is None and values.get(name, 0) > 0 for name, row in scored.items())
    if blank:
        notes.append(f"The file's verdict accepts a blank answer in {counted(blank, 'row')}.")
    return notes
