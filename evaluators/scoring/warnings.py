"""Writes warnings about suspicious scores: outliers, and scores above a ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import CATEGORIES, Benchmark, TextQuestion
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.scores import Scores

from .ceilings import above_ceiling
from .far_notes import notes_on_far

__all__ = ["warnings_about"]

_BY_JUDGE = {
    False: "and the answers agree with some. Did the system see the gold answers?",
    True: "so the judge accepted answers that are wrong, or answers agree with wrong gold answers.",
}
"""What a score above its ceiling means, by whether a judge gave it."""


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
        *_ceiling_notes(scores, text),
    ]


def _ceiling_notes(scores: Scores, questions: Sequence[TextQuestion]) -> list[str]:
    notes = []
    for name, metric in scores.metrics.items():
        judged = METRICS[name].needs in ("judge", "verdicts")
        for one in above_ceiling(metric, questions):
            known = f"{one.wrong} of {one.questions} gold answers are known to be wrong"
            notes.append(
                f"{metric_title(name)} of {CATEGORIES[one.category]} questions is "
                f"{_value_text(one.value, scores, name)}, above the ceiling of "
                f"{_value_text(one.ceiling, scores, name)}: {known}, {_BY_JUDGE[judged]}"
            )
    return notes


def _value_text(value: float, scores: Scores, metric: str) -> str:
    return f"{value:.1f}" if scores.metrics[metric].scale == 100 else f"{value:.4f}"
