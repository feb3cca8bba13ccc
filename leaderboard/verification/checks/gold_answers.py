"""Finds entries whose answers are the gold answers themselves."""

from __future__ import annotations

from collections import Counter
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
"""The share of such gold answers whose words may be hit, in any order. In 24 result files of 10
systems on LoCoMo, some published by their makers and some baselines, it is 0 to 8.1 % word for
word; in four of them, less than 9.7 % in any order."""
MOST_LONG_HELD = 0.5
"""The share of such gold answers that may be held, word for word, in longer answers. In the same
files it is 0 to 22.2 %."""
ALIKE = 0.7
"""An answer has nearly a gold answer's words if the F1 of the words of both is at least this."""
MOST_LONG_ALIKE = 0.5
"""The share of such gold answers that answers may be alike. In four published files of four systems
it is 15.7 to 21.9 %."""
FEWEST_LONG = 50
"""With fewer of them, as in the sample, only the share of all is used."""
MOST_OF_ALL = 0.9
"""The share of all gold answers that answers may be alike. In the four files it is 18.8 to 34.2 %;
on the sample, whose short gold answers are written like its talk, the best system has 77.5 %."""
FEWEST = 20
"""With fewer answers, a share says nothing."""


def check_gold_answers(checks: Checklist, answers: Sequence[TextAnswer]) -> bool:
    """Check how many answers are the gold answer, or nearly, without case and punctuation.

    Returns:
        Whether the entry must not be ranked, because there are too many.
    """
    if len(answers) < FEWEST:
        checks.not_done(
            "gold answers", f"Only {counted(len(answers), 'answer')} to text questions."
        )
        return False
    long = [each for each in answers if len(each.gold.split()) >= LONG_GOLD]
    too_many = _alike(answers) > MOST_OF_ALL * len(answers)
    if len(long) >= FEWEST_LONG:
        too_many |= (
            sum(map(_has_same_words, long)) > MOST_LONG * len(long)
            or sum(map(_holds, long)) > MOST_LONG_HELD * len(long)
            or _alike(long) > MOST_LONG_ALIKE * len(long)
        )
    figures = _figures(answers, long)
    if too_many:
        checks.flagged("gold answers", f"{figures}. Did the system see them?")
    checks.passed("gold answers", f"{figures}.")
    return too_many


def _figures(answers: Sequence[TextAnswer], long: Sequence[TextAnswer]) -> str:
    hit, hit_long = sum(each.is_gold for each in answers), sum(each.is_gold for each in long)
    text = f"{hit:,} of {len(answers):,} answers are the gold answer word for word"
    if (alike := _alike(answers)) > hit:
        text += f", {alike - hit:,} more with nearly its words"
    if long:
        text += f"; of gold answers of {LONG_GOLD} words or more, {hit_long:,} of {len(long):,}"
    if (held := sum(map(_holds, long))) > hit_long:
        text += f", in {held - hit_long:,} more the answer holds it"
    if (alike := _alike(long)) > hit_long:
        text += f", {alike - hit_long:,} more with nearly its words"
    return text


def _has_same_words(answer: TextAnswer) -> bool:
    gold = sorted(answer.gold.split())
    return gold in (sorted(answer.answer.split()), sorted(answer.core.split()))


def _holds(answer: TextAnswer) -> bool:
    return answer.is_gold or f" {answer.gold} " in f" {answer.answer} "


def _alike(answers: Sequence[TextAnswer]) -> int:
    return sum(
        max(_overlap(each.answer, each.gold), _overlap(each.core, each.gold)) >= ALIKE
        for each in answers
    )


def _overlap(first: str, second: str) -> float:
    """Return the F1 of the words that two texts have in common, in whatever order."""
    one, other = first.split(), second.split()
    common = (Counter(one) & Counter(other)).total()
    return 2 * common / (len(one) + len(other))
