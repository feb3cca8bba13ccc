"""An entry's answers to text questions beside the gold answers, as the checks compare them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question, gold_answer
from locomo_vqa.runs import Prediction

__all__ = ["TextAnswer", "folded", "text_answers"]


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """One answer to a text question that has a gold answer."""

    question: TextQuestion
    """The question."""
    answer: str
    """The answer, without case and punctuation; not empty."""
    gold: str
    """The gold answer, without case and punctuation."""
    words: int
    """The number of words of the answer."""


def text_answers(
    predictions: Sequence[Prediction], questions: Sequence[Question]
) -> tuple[TextAnswer, ...]:
    """Return an entry's answers to those of `questions` that are text, in their order."""
    given = {each.question_id: each.prediction for each in predictions if each.state == "ok"}
    found = []
    for question in questions:
        if not isinstance(question, TextQuestion) or (gold := gold_answer(question)) is None:
            continue
        text = given.get(question.id) or ""
        if answer := folded(text):
            found.append(TextAnswer(question, answer, folded(gold), len(text.split())))
    return tuple(found)


def folded(text: str) -> str:
    """Return the words of a text in lower case, without punctuation."""
    return " ".join(re.findall(r"\w+", text.casefold()))
