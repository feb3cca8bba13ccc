"""The questions of a split, in the order in which they are asked and written."""

from __future__ import annotations

from locomo_vqa.benchmark.loaded import Benchmark
from locomo_vqa.benchmark.types import TextQuestion, VisualQuestion
from locomo_vqa.runs import SplitChoice

__all__ = ["Question", "gold_answer", "questions_of", "scored_questions"]

Question = TextQuestion | VisualQuestion


def questions_of(benchmark: Benchmark, split: SplitChoice) -> list[Question]:
    """Return a split's questions by conversation: the text questions, then the visual ones."""
    questions: list[Question] = [*benchmark.text_questions, *benchmark.visual_questions]
    by_conversation: dict[str, list[Question]] = {c.id: [] for c in benchmark.conversations}
    for question in questions:
        if split in ("all", question.split):
            by_conversation[question.conversation].append(question)
    return [question for group in by_conversation.values() for question in group]


def scored_questions(benchmark: Benchmark, split: SplitChoice) -> list[Question]:
    """Return the questions of `questions_of` that have a gold answer."""
    return [each for each in questions_of(benchmark, split) if gold_answer(each) is not None]


def gold_answer(question: Question) -> str | None:
    """Return the gold answer that a question is scored against; None for an adversarial one."""
    if isinstance(question, TextQuestion) and question.category == 5:
        return None
    return question.answer
