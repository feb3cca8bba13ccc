"""Finds entries whose answers are the gold answers themselves."""

from __future__ import annotations

from collections.abc import Sequence

from locomo_vqa.text import counted

from ..checklist import Checklist
from .text_answers import TextAnswer

__all__ = ["PASTED", "check_gold_answers"]

PASTED = "Its answers are worded like the gold answers more often than any system's known so far."
"""Why an entry with pasted gold answers is ranked in no table."""

LONG_GOLD = 4
"""A gold answer of this many words is seldom hit word for word."""
MOST_LONG = 0.25
"""The share of such gold answers that may be hit. In 24 result files of 10 systems on LoCoMo, some
published by their makers and some baselines, it is 0 to 8.1 %."""
MOST_LONG_HELD = 0.5
"""The share of such gold answers that may be held, word for word, in longer answers. In the same
files it is 0 to 22.2 %."""
FEWEST_LONG = 50
"""With fewer of them, as in the sample, only the share of all is used."""
MOST_OF_ALL = 0.9
"""The share of all gold answers that may be hit. In the same files it is 0 to 24.4 %; on the
sample, whose short gold answers are written like its talk, the best system hits 77.5 %."""
FEWEST = 20
"""With fewer answers, a share says nothing."""


def check_gold_answers(checks: Checklist, answers: Sequence[TextAnswer]) -> bool:
    """Check how many answers are the gold answer, without case and punctuation.

    Returns:
        Whether the entry must not be ranked, because there are too many.
    """
    if len(answers) < FEWEST:
        checks.not_done(
            "gold answers", f"Only {counted(len(answers), 'answer')} to text questions."
        )
        return False
    long = [each for each in answers if len(each.gold.split()) >= LONG_GOLD]
    hit, hit_long = _hits(answers), _hits(long)
    figures = f"{hit:,} of {len(answers):,} answers are the gold answer word for word"
    if long:
        figures += f"; of gold answers of {LONG_GOLD} words or more, {hit_long:,} of {len(long):,}"
    held = sum(f" {each.gold} " in f" {each.answer} " for each in long)
    if held > hit_long:
        figures += f" and in {held - hit_long:,} more the answer holds it"
    too_many = hit > MOST_OF_ALL * len(answers)
    if len(long) >= FEWEST_LONG:
        too_many |= hit_long > MOST_LONG * len(long) or held > MOST_LONG_HELD * len(long)
    if too_many:
        checks.flagged("gold answers", f"{figures}. Did the system see them?")
    checks.passed("gold answers", f"{figures}.")
    return too_many


def _hits(answers: Sequence[TextAnswer]) -> int:
    return sum(each.answer == each.gold for each in answers)
