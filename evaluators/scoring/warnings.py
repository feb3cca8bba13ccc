"""Writes warnings about suspicious scores: outliers, and scores above a ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import CATEGORIES, Benchmark, TextQuestion
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.metric_names import metric_title
from locomo_vqa.runs import SplitChoice
from locomo_vqa.scores import Scores

from ..statistics.outliers import FarConversation, far_conversations
from .ceilings import above_ceiling

__all__ = ["warnings_about"]


def warnings_about(scores: Scores, benchmark: Benchmark, *, split: SplitChoice) -> list[str]:
    """Return a warning for each conversation far from the others, and each impossible score.

    A category's score is impossible if it is above the ceiling of its gold answers.
    """
    questions = questions_of(benchmark, split)
    conversations = {question.id: question.conversation for question in questions}
    far: dict[tuple[str, bool], list[tuple[str, FarConversation]]] = {}
    for name, groups in _values_by_conversation(scores, conversations).items():
        for one in far_conversations(groups):
            far.setdefault((one.conversation, one.mean < one.others), []).append((name, one))
    notes = [
        _far_note(conversation, below, found, scores)
        for (conversation, below), found in far.items()
    ]
    text = [question for question in questions if isinstance(question, TextQuestion)]
    return [*notes, *_ceiling_notes(scores, text)]


def _values_by_conversation(
    scores: Scores, conversations: Mapping[str, str]
) -> dict[str, dict[str, list[float]]]:
    """Return a metric's values by conversation.

    Questions without a value, such as unscored ones, are left out, as are conversations without any
    answer: a file with one conversation says nothing about the others.
    """
    answered = {
        conversations[row.question_id] for row in scores.by_question if row.state != "missing"
    }
    values: dict[str, dict[str, list[float]]] = {}
    for row in scores.by_question:
        if row.value is not None and conversations[row.question_id] in answered:
            groups = values.setdefault(row.metric, {})
            groups.setdefault(conversations[row.question_id], []).append(row.value)
    return values


def _far_note(
    conversation: str, below: bool, found: Sequence[tuple[str, FarConversation]], scores: Scores
) -> str:
    figures = ", ".join(
        f"{metric_title(name)} {_value_text(one.mean, scores, name)} against "
        f"{_value_text(one.others, scores, name)}"
        for name, one in found
    )
    question = "Was it ingested?" if below else "Was the system made with it?"
    side = "below" if below else "above"
    return f"{conversation} is far {side} the other conversations ({figures}). {question}"


def _ceiling_notes(scores: Scores, questions: Sequence[TextQuestion]) -> list[str]:
    notes = []
    for name, metric in scores.metrics.items():
        for one in above_ceiling(metric, questions):
            notes.append(
                f"{metric_title(name)} of {CATEGORIES[one.category]} questions is "
                f"{_value_text(one.value, scores, name)}, above the ceiling of "
                f"{_value_text(one.ceiling, scores, name)}: {one.wrong} of {one.questions} gold "
                "answers are known to be wrong, and the answers agree with some. Did the system "
                "see the gold answers?"
            )
    return notes


def _value_text(value: float, scores: Scores, metric: str) -> str:
    return f"{value:.1f}" if scores.metrics[metric].scale == 100 else f"{value:.4f}"
