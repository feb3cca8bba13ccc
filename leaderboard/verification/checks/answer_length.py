"""Finds answers so long that they hit a gold answer by chance."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from locomo_vqa.text import counted

from ..checklist import Checklist
from .text_answers import TextAnswer

__all__ = ["check_answer_length"]

MOST_MEAN = 100.0
"""The mean number of words in answers to text questions. In 24 result files of 10 systems on LoCoMo
it is 3.3 to 54.0; gold answers have 4.9."""
MOST_WORDS = 1000
"""The number of words of one answer."""


def check_answer_length(checks: Checklist, answers: Sequence[TextAnswer]) -> None:
    """Check how long answers to text questions are: a lenient judge accepts lists of guesses."""
    if not answers:
        checks.not_done("answer length", "No text question has an answer.")
        return
    mean = fmean(each.words for each in answers)
    gold = fmean(len(each.gold.split()) for each in answers)
    figures = f"Answers to text questions have {mean:.1f} words, the gold answers {gold:.1f}."
    if mean > MOST_MEAN:
        checks.flagged("answer length", f"{figures} A long answer can hold several guesses.")
    long = sum(each.words > MOST_WORDS for each in answers)
    if long:
        verb = "has" if long == 1 else "have"
        checks.flagged(
            "answer length", f"{counted(long, 'answer')} {verb} more than {MOST_WORDS:,} words."
        )
    checks.passed("answer length", figures)
