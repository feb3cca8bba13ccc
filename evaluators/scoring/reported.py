"""Reported J: the share of answers that the verdicts in a file accept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.published_files import ReportedVerdicts
from locomo_vqa.runs import Prediction
from locomo_vqa.scores import MetricScores, RowScore
from locomo_vqa.text import counted

from ..judging.verdicts import scores_between
from ..statistics.summaries import Item, row_score, summarise_metric

__all__ = ["NAME", "notes_on_reported", "score_reported"]

NAME = "reported_j"
"""The metric's name."""

_MOST_WITHOUT = 0.05
"""The share of answers without a verdict up to which they count as wrong, as publishers count."""


def score_reported(
    reported: ReportedVerdicts,
    questions: Sequence[TextQuestion],
    given: Mapping[str, Prediction],
) -> tuple[MetricScores, list[RowScore]]:
    """Return reported J and each question's value.

    Like J, it is the share of the questions of categories 1 to 4 whose answer is accepted; a
    question without an answer counts as wrong. If more than a twentieth of the answers have no
    verdict, it is incomplete, with a range.

    Args:
        reported: the file's verdicts.
        questions: the denominator.
        given: the predictions by question id.
    """

    def items(unjudged: float) -> list[Item]:
        return [
            Item(
                question,
                reported.values.get(question.id, unjudged if question.id in without else 0.0),
                given[question.id].state if question.id in given else "missing",
            )
            for question in questions
        ]

    without = {question.id for question in questions if question.id in reported.without}
    low = summarise_metric(items(0.0), NAME, signature=reported.signature)
    rows = [row_score(item, NAME) for item in items(0.0)]
    answered = sum(question.id in given for question in questions)
    if len(without) <= _MOST_WITHOUT * answered:
        return low, rows
    high = summarise_metric(items(1.0), NAME, signature=reported.signature)
    return scores_between(low, high, unscored=len(without), reason=_reason(low, high, without)), [
        RowScore(question_id=row.question_id, metric=NAME, value=None, state="unscored")
        if row.question_id in without
        else row
        for row in rows
    ]


def notes_on_reported(reported: ReportedVerdicts) -> list[str]:
    """Return the notes on a file's verdicts, beginning with who gave them."""
    judge = (
        "the file does not say who judged"
        if reported.judge is None
        else (f"the file names {reported.judge} as the judge")
    )
    notes = [
        f"Reported J is not J: it counts the verdicts that the file carries under "
        f"'{reported.key}'; {judge}."
    ]
    if reported.without:
        notes.append(f"The file has no verdict on {counted(len(reported.without), 'answer')}.")
    return [*notes, *reported.notes]


def _reason(low: MetricScores, high: MetricScores, without: set[str]) -> str:
    return (
        f"The file has no verdict on {counted(len(without), 'answer')}, so reported J is somewhere "
        f"from {low.overall.value:.1f} to {high.overall.value:.1f}."
    )
