"""Writes warnings about suspicious scores: outliers, and scores above a ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import Benchmark, TextQuestion
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.ceilings import ceiling_notes
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.scores import Scores

from .far_notes import notes_on_far

__all__ = ["warnings_about"]


def warnings_about(
    scores: Scores,
    predictions: Sequence[Prediction],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    verdicts: Mapping[str, float] | None = None,
) -> list[str]:
    """Return a warning for each conversation far from the others, and each impossible score.

    A category's score is impossible if it is above the ceiling of its gold answers. `verdicts` has
    those in the predictions' file by question id, from 0 to 1.
    """
    questions = questions_of(benchmark, split)
    conversations = {
        question.id: question.conversation for question in questions if question.answer is not None
    }
    text = [question for question in questions if isinstance(question, TextQuestion)]
    return [
        *notes_on_far(scores, predictions, conversations, verdicts=verdicts or {}),
        *ceiling_notes(scores.metrics, text),
    ]
