"""Whether an answer is right by strict rules, whatever a judge says."""

from __future__ import annotations

import re

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question

from ..judging.rewriting import content_words
from ..judging.rules import compare_words
from .content import plain, terms_of
from .time_spans import find_spans, without_spans

__all__ = ["is_surely_right"]

_MOST_CHARACTERS = 2000
"""A longer answer is not a short one with a few words around it."""

_DECLINES = re.compile(
    r"\bno (?:information|mention|record|evidence|idea|answer|data|memor|details?|indication)|"
    r"\bnot (?:mentioned|specified|known|available|sure|stated|provided|enough|possible)|"
    r"\b(?:unknown|unclear|cannot|can['’]t|don['’]t know|doesn['’]t say|unable)\b",
    re.IGNORECASE,
)


def is_surely_right(question: Question, answer: str) -> bool:
    """Return whether an answer equals the gold answer, or has all of it and nothing against it.

    It has the same words apart from case, punctuation and articles; or names the same days; or, for
    a text question, the judge `rules` accepts it with the strict rubric, and it doesn't decline. An
    answer about an image must have no other word than the gold one and the question's.
    """
    gold = question.answer or ""
    if not plain(gold):
        return False
    if plain(gold) == plain(answer):
        return True
    if len(answer) > _MOST_CHARACTERS:
        return False
    if not isinstance(question, TextQuestion):
        return content_words(answer) - content_words(question.question) == content_words(gold)
    if _DECLINES.search(answer) and not _DECLINES.search(gold):
        return False
    return (
        _same_days(gold, answer) or compare_words(question.question, gold, answer, strict=True)[0]
    )


def _same_days(gold: str, answer: str) -> bool:
    """Return whether both are nothing but a date, and the same one."""
    wanted, given = find_spans(gold), find_spans(answer)
    if len(wanted) != 1 or len(given) != 1 or terms_of(without_spans(gold)):
        return False
    return (wanted[0].first, wanted[0].last) == (given[0].first, given[0].last)
