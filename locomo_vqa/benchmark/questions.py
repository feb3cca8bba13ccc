"""The questions of a split, in the order in which they are asked and written."""

from __future__ import annotations

from collections.abc import Iterable

from locomo_vqa.benchmark.loaded import Benchmark
from locomo_vqa.benchmark.types import TextQuestion, VisualQuestion
from locomo_vqa.files import sha256_text
from locomo_vqa.runs import Prediction, SplitChoice

from .twins import VisualTwin, is_twin_id, twins_of

__all__ = [
    "Question",
    "gold_answer",
    "questions_answered",
    "questions_of",
    "scored_questions",
]

Question = TextQuestion | VisualQuestion


def questions_of(
    benchmark: Benchmark, split: SplitChoice, *, twins: bool = False
) -> list[Question]:
    """Return a split's questions by conversation: the text questions, then the visual ones.

    With `twins`, the visual twins are among the visual questions, in an order that says nothing.
    """
    visual: list[VisualQuestion] = list(benchmark.visual_questions)
    if twins:
        visual = sorted([*visual, *twins_of(benchmark)], key=lambda each: sha256_text(each.id))
    questions: list[Question] = [*benchmark.text_questions, *visual]
    by_conversation: dict[str, list[Question]] = {c.id: [] for c in benchmark.conversations}
    for question in questions:
        if split in ("all", question.split):
            by_conversation[question.conversation].append(question)
    return [question for group in by_conversation.values() for question in group]


def scored_questions(benchmark: Benchmark, split: SplitChoice) -> list[Question]:
    """Return the questions of `questions_of` that have a gold answer."""
    return [each for each in questions_of(benchmark, split) if gold_answer(each) is not None]


def questions_answered(
    benchmark: Benchmark, split: SplitChoice, predictions: Iterable[Prediction]
) -> list[Question]:
    """Return a split's questions, with the visual twins if any of them has a prediction."""
    return questions_of(
        benchmark, split, twins=any(is_twin_id(each.question_id) for each in predictions)
    )


def gold_answer(question: Question) -> str | None:
    """Return the gold answer that a question is scored against.

    It is None where nothing is to be found: for an adversarial question, and a visual twin.
    """
    if isinstance(question, VisualTwin):
        return None
    if isinstance(question, TextQuestion) and question.category == 5:
        return None
    return question.answer
