"""The questions of a split, in the order in which they are asked and written."""

from __future__ import annotations

from locomo_vqa.benchmark.loaded import Benchmark
from locomo_vqa.benchmark.types import TextQuestion, VisualQuestion
from locomo_vqa.runs import SplitChoice

__all__ = ["Question", "questions_of"]

Question = TextQuestion | VisualQuestion


def questions_of(benchmark: Benchmark, split: SplitChoice) -> list[Question]:
    """Return a split's questions by conversation: the text questions, then the visual ones."""
    questions: list[Question] = [*benchmark.text_questions, *benchmark.visual_questions]
    by_conversation: dict[str, list[Question]] = {c.id: [] for c in benchmark.conversations}
    for question in questions:
        if split in ("all", question.split):
            by_conversation[question.conversation].append(question)
    return [question for group in by_conversation.values() for question in group]
