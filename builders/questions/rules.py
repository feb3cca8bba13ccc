"""The rules that a visual question must meet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["MAX_ANSWER", "MAX_QUESTION", "MIN_QUESTION", "check_question"]

MIN_QUESTION, MAX_QUESTION = 8, 300
"""The length limits of a question, in characters."""
MAX_ANSWER = 30
"""The length limit of an answer, in characters."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_LATIN_SHARE = 0.9
_FREE = frozenset({"yes", "no"})
"""Answers that their question may contain: it offers them without revealing which is right."""
_MOST_WORDS = 3
"""The most words of an alternative of which the last may be the answer: "on the left"."""


def check_question(question: str, answer: str) -> str | None:
    """Return what is wrong with a question and its one-word answer; None if nothing is.

    The next request to the generator also includes the sentence. The rules are the
    paper's (appendix C.1): a question, answered by exactly one word, hard to guess from its own
    wording; and our own: within bounds, and in English letters. A forced choice, such as "Is it red
    or blue?", is allowed: its wording offers the answer without revealing it.
    """
    question, answer = question.strip(), answer.strip()
    words = _WORD.findall(answer)
    if not question:
        return "The question is empty."
    if not answer:
        return "The answer is empty."
    if len(words) != 1 or words[0] != answer:
        return "The answer must be exactly one word, without blanks or punctuation."
    if len(answer) > MAX_ANSWER:
        return f"The answer must have at most {MAX_ANSWER} characters."
    if not question.endswith("?"):
        return "The question must end with a question mark."
    if not MIN_QUESTION <= len(question) <= MAX_QUESTION:
        return f"The question must have {MIN_QUESTION} to {MAX_QUESTION} characters."
    if not _is_latin(question + answer):
        return "The question and the answer must be in English."
    asked = [word.lower() for word in _WORD.findall(question)]
    if answer.lower() in asked and not _is_offered(question, answer.lower(), asked):
        return "The answer must not stand in the question."
    return None


def _is_offered(question: str, answer: str, asked: Sequence[str]) -> bool:
    """Return whether a question names an answer only as one of several: "Is it red or blue?".

    Such a forced choice does not reveal which is right. A question that also names the answer
    elsewhere does, and so may "Is it red or not?", whose answer is yes or no.
    """
    if answer in _FREE:
        return True
    offered = _alternatives(question.lower())
    return answer in offered and asked.count(answer) == 1 and len(offered - {"not"}) > 1


def _alternatives(question: str) -> set[str]:
    """Return the words around each "or" that can be answers, also in a list: "red, blue or so"."""
    found: set[str] = set()
    parts = re.split(r",?\s+or\s+", question)
    for before, after in pairwise(parts):
        last, *listed = reversed(before.split(","))
        found.update(_WORD.findall(last)[-1:])
        for each in listed:
            found.update(_WORD.findall(each)[-1:])
            if len(_WORD.findall(each)) > _MOST_WORDS:
                break
        words = _WORD.findall(re.split(r"[,;.?!]", after)[0])
        found.update(words[:1])
        if len(words) <= _MOST_WORDS:
            found.update(words[-1:])
    return found


def _is_latin(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return bool(letters) and latin >= _LATIN_SHARE * len(letters)
