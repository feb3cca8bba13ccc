"""The checks of an entry's answers and scores, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.ceilings import ceiling_notes
from locomo_vqa.scores import Scores

from ..checklist import Checklist
from .answer_length import check_answer_length
from .gold_answers import PASTED, check_gold_answers
from .judge import check_judge
from .text_answers import TextAnswer
from .wrong_golds import check_wrong_golds

__all__ = ["check_answers"]

_WITH_CEILINGS = ("j", "reported_j", "l", "f1")
"""The other metrics of wording say the same as F1."""


def check_answers(
    checks: Checklist,
    answers: Sequence[TextAnswer],
    questions: Sequence[Question],
    scores: Scores,
) -> str | None:
    """Check an accepted entry's answers and scores.

    Returns:
        Why it is ranked in no table, whatever it states; None if nothing speaks against it.
    """
    check_answer_length(checks, answers)
    pasted = check_gold_answers(checks, answers)
    check_wrong_golds(checks, answers, questions)
    _check_ceilings(checks, questions, scores)
    check_judge(checks, scores.metrics.get("j"))
    return PASTED if pasted else None


def _check_ceilings(checks: Checklist, questions: Sequence[Question], scores: Scores) -> None:
    text = [question for question in questions if isinstance(question, TextQuestion)]
    if not any(question.erratum for question in text):
        checks.not_done("ceilings", "The benchmark has no list of wrong gold answers.")
        return
    whole = {
        name: metric
        for name, metric in scores.metrics.items()
        if name in _WITH_CEILINGS and not metric.sampled_of
    }
    checks.flagged("ceilings", *ceiling_notes(whole, text))
    checks.passed("ceilings")
