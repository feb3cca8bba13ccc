"""Decides The outcome of a question: how it was answered, or why there is no answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question, gold_answer
from locomo_vqa.exact_match import exact_match
from locomo_vqa.runs import FAILED, Prediction

from ..judging.rules import compare_words

__all__ = ["NO_ANSWER", "OUTCOMES", "Asked", "Declines", "Kind", "Outcome", "ask_all"]

Kind = Literal["text", "visual"]
"""The two halves of A: questions about what was said, and about images that must be recalled."""

Outcome = Literal["right", "declined", "trap", "other", "empty", "filtered", "failed", "missing"]
"""The outcome of a question:

right      the gold answer was given
declined   the system said that the answer is not known
trap       the answer that an adversarial question tries to elicit was given
other      something else was answered
empty      the answer is empty
filtered   the model's provider, or its policy, refused; the system said nothing about the memory
failed     the system failed, or no answer came in time
missing    the predictions have no row for the question
"""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

NO_ANSWER: frozenset[Outcome] = frozenset({"empty", "filtered", "failed", "missing"})
"""The outcomes that are neither declining nor answering."""

Declines: TypeAlias = Callable[[Question, str], bool | None]
"""Returns whether an answer to a question declines; None without a verdict."""

_POLICY = re.compile(
    r"content[ _]?(?:filter|policy|management)|responsible ?ai|safety (?:policy|system|filter)"
    r"|(?:can't|cannot|can not|unable to|won't) (?:assist|help|comply|provide|discuss|engage)\b"
    r".{0,40}\b(?:request|that|this|content)|flagged|against (?:my|our|the) (?:policy|guidelines)"
    r"|usage policies|prohibited",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that A counts, and its outcome."""

    question: Question
    kind: Kind
    nothing: bool
    """Whether nothing is to be found: an adversarial question, or a visual twin."""
    outcome: Outcome | None
    """None if a judge gave no verdict."""
    state: str
    """The prediction's state, or `missing`."""
    confidence: float | None
    """The system's confidence in its answer."""

    @property
    def flag(self) -> bool:
        """Whether it adds to its share: declined, or, where there is an answer, not answered."""
        if self.outcome == "declined":
            return True
        return not self.nothing and self.outcome in NO_ANSWER


def ask_all(
    questions: list[Question], given: dict[str, Prediction], declines: Declines
) -> list[Asked]:
    """Return the outcome of each question."""
    asked = []
    for question in questions:
        prediction = given.get(question.id)
        asked.append(
            Asked(
                question=question,
                kind="text" if isinstance(question, TextQuestion) else "visual",
                nothing=gold_answer(question) is None,
                outcome=_outcome(question, prediction, declines),
                state="missing" if prediction is None else prediction.state,
                confidence=None if prediction is None else prediction.confidence,
            )
        )
    return asked


def _outcome(
    question: Question, prediction: Prediction | None, declines: Declines
) -> Outcome | None:
    if prediction is None:
        return "missing"
    if prediction.state in FAILED:
        return "failed"
    if prediction.state == "refused":
        return "filtered" if _POLICY.search(prediction.error or "") else "declined"
    answer = prediction.prediction or ""
    if prediction.state == "empty" or not answer.strip():
        return "empty"
    declined = declines(question, answer)
    if declined is None:
        return None
    return "declined" if declined else _answered(question, answer)


def _answered(question: Question, answer: str) -> Outcome:
    """Return whether an answer that doesn't decline is right, the trap, or something else."""
    gold = gold_answer(question)
    if not isinstance(question, TextQuestion):
        return "right" if gold is not None and exact_match(answer, gold) else "other"
    wanted = gold or question.adversarial_answer
    if not wanted or not compare_words(question.question, wanted, answer, strict=False)[0]:
        return "other"
    return "trap" if gold is None else "right"
