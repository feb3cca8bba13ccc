"""Finds entries that agree with gold answers that are known to be wrong."""

from __future__ import annotations

from collections.abc import Sequence

from locomo_vqa.benchmark.questions import Question

from ..checklist import Checklist
from .chance import at_least
from .text_answers import TextAnswer

__all__ = ["check_wrong_golds"]

EXPECTED = 0.15
"""The share of wrong gold answers whose words a system may use. In 24 result files of 10 systems on
LoCoMo it is at most 13 of 99, 13.1 %: audits call an answer wrong that many give."""
UNLIKELY = 1e-4
"""A number is noted if chance reaches it with less than this probability."""


def check_wrong_golds(
    checks: Checklist, answers: Sequence[TextAnswer], questions: Sequence[Question]
) -> None:
    """Check how many answers contain the words of a gold answer that an audit found to be wrong.

    A system that remembers the conversations contradicts them; one that has seen the gold answers
    repeats them. Only errors that change a score count.
    """
    if not any(getattr(question, "erratum", None) for question in questions):
        checks.not_done("wrong gold answers", "The benchmark has no list of wrong gold answers.")
        return
    wrong = [each for each in answers if _is_wrong(each)]
    agreeing = sum(f" {each.gold} " in f" {each.answer} " for each in wrong)
    figures = (
        f"{agreeing:,} of {len(wrong):,} answers repeat a gold answer that is known to be wrong"
    )
    if at_least(agreeing, len(wrong), EXPECTED) < UNLIKELY:
        checks.flagged("wrong gold answers", f"{figures}. Did the system see the gold answers?")
    checks.passed("wrong gold answers", f"{figures}.")


def _is_wrong(answer: TextAnswer) -> bool:
    erratum = answer.question.erratum
    return erratum is not None and erratum.changes_score and bool(answer.gold)
