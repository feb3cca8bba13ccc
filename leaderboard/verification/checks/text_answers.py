"""An entry's answers to text questions beside the gold answers, as the checks compare them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question, gold_answer
from locomo_vqa.runs import Prediction

from .frames import Frame
from .invisible import without_invisible

__all__ = ["TextAnswer", "folded", "text_answers"]


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """One answer to a text question that has a gold answer."""

    question: TextQuestion
    """The question."""
    answer: str
    """The answer, without case and punctuation; not empty."""
    core: str
    """The same without the words that most of the entry's answers begin or end with."""
    gold: str
    """The gold answer, without case and punctuation."""
    words: int
    """The number of words of the answer."""

    @property
    def is_gold(self) -> bool:
        """Whether the answer is the gold answer word for word."""
        return self.gold in (self.answer, self.core)


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
            found.append((question, answer, folded(gold), len(text.split())))
    frame = Frame.of(answer for _, answer, _, _ in found)
    return tuple(
        TextAnswer(question, answer, frame.without(answer), gold, words)
        for question, answer, gold, words in found
    )


def folded(text: str) -> str:
    """Return the words of a text in lower case, without punctuation.

    Full-width and other compatibility forms are the plain characters; accents and characters that
    can't be seen are left out.
    """
    if not text.isascii():
        apart = without_invisible(unicodedata.normalize("NFKD", text))
        text = "".join(each for each in apart if not unicodedata.combining(each))
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))
