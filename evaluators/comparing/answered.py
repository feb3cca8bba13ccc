"""Leaves conversations out of a comparison that no side has answered."""

from __future__ import annotations

from collections.abc import Sequence

from locomo_vqa.benchmark.questions import Question
from locomo_vqa.files import some
from locomo_vqa.scores import FEW_CONVERSATIONS
from locomo_vqa.text import counted

from .sides import Side

__all__ = ["answered_questions", "note_on_unanswered", "too_few_answered"]


def answered_questions(questions: Sequence[Question], sides: Sequence[Side]) -> list[Question]:
    """Return the questions of the conversations in which any of the sides has an answer.

    Where neither answered, the sides don't tie: nothing is known. Counting such conversations as
    ties would make an interval around 0 as narrow as one likes.
    """
    answered = {q.conversation for q in questions if any(q.id in side.answered for side in sides)}
    return [question for question in questions if question.conversation in answered]


def too_few_answered(questions: Sequence[Question], sides: Sequence[Side]) -> str | None:
    """Return why sides can't be compared if too few conversations are answered, or None.

    Six are needed, unless the split itself has fewer, and all are answered.
    """
    kept = {question.conversation for question in answered_questions(questions, sides)}
    every = {question.conversation for question in questions}
    if kept == every or len(kept) >= FEW_CONVERSATIONS:
        return None
    names = " and ".join(side.name for side in sides)
    return (
        f"{names} together answer questions of {len(kept)} of {len(every)} conversations, and a "
        f"comparison needs {FEW_CONVERSATIONS}: where no side answered, nothing can be compared."
    )


def note_on_unanswered(questions: Sequence[Question], sides: Sequence[Side]) -> str | None:
    """Return a note on the conversations that were left out, or None."""
    kept = {question.conversation for question in answered_questions(questions, sides)}
    left = list(dict.fromkeys(q.conversation for q in questions if q.conversation not in kept))
    if not left:
        return None
    names = " nor ".join(side.name for side in sides)
    verb = "is" if len(left) == 1 else "are"
    return (
        f"{counted(len(left), 'conversation')} {verb} left out, as neither {names} has an answer "
        f"there: {some(left, most=10)}."
    )
