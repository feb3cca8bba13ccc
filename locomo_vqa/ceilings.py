"""Finds scores above the ceiling that known wrong gold answers impose on a perfect system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import CATEGORIES, TextQuestion
from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.scores import MetricScores

__all__ = ["AboveCeiling", "above_ceiling", "ceiling_notes"]

_ROUNDING = 1e-9
_BY_JUDGE = {
    False: "and the answers agree with some. Did the system see the gold answers?",
    True: "so the judge accepted answers that are wrong, or answers agree with wrong gold answers.",
}
"""What a score above its ceiling means, by whether a judge gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AboveCeiling:
    """A category's score that can only be explained by agreement with wrong gold answers."""

    category: int
    """LoCoMo's number for the category."""
    value: float
    """The score on the original gold answers, on the metric's scale."""
    ceiling: float
    """The score of a system that answers every question correctly, on the metric's scale."""
    wrong: int
    """The number of wrong gold answers in the category."""
    questions: int
    """The number of questions in the category."""


def above_ceiling(
    scores: MetricScores, questions: Sequence[TextQuestion]
) -> tuple[AboveCeiling, ...]:
    """Return the categories whose score on the original gold answers is above the ceiling.

    The ceiling is the share of the category's questions whose gold answer the audit found right,
    or wrong in a way that doesn't change a score, times the metric's scale. A right answer to any
    other question earns nothing. (The audit's own ceilings for LoCoMo, J on categories 1 to 4,
    are 90.1, 91.9, 90.6 and 95.7.)

    Args:
        scores: the scores of one text metric.
        questions: the denominator; those without a gold answer don't count.
    """
    found = []
    for category, (wrong, number) in _wrong_golds(questions).items():
        estimate = scores.by_category.get(str(category))
        if estimate is None or estimate.value is None or scores.scale is None:
            continue
        ceiling = scores.scale * (number - wrong) / number
        if estimate.value > ceiling + _ROUNDING * scores.scale:
            found.append(
                AboveCeiling(
                    category=category,
                    value=estimate.value,
                    ceiling=ceiling,
                    wrong=wrong,
                    questions=number,
                )
            )
    return tuple(found)


def ceiling_notes(
    metrics: Mapping[str, MetricScores], questions: Sequence[TextQuestion]
) -> list[str]:
    """Return a sentence for each metric and category whose score is above its ceiling."""
    notes = []
    for name, metric in metrics.items():
        if METRICS[name].needs == "retrieved":
            continue  # A wrong gold answer says nothing of where the right one is.
        judged = METRICS[name].needs in ("judge", "verdicts")
        for one in above_ceiling(metric, questions):
            known = f"{one.wrong} of {one.questions} gold answers are known to be wrong"
            notes.append(
                f"{metric_title(name)} of {CATEGORIES[one.category]} questions is "
                f"{_value_text(one.value, metric)}, above the ceiling of "
                f"{_value_text(one.ceiling, metric)}: {known}, {_BY_JUDGE[judged]}"
            )
    return notes


def _value_text(value: float, metric: MetricScores) -> str:
    return f"{value:.1f}" if metric.scale == 100 else f"{value:.4f}"


def _wrong_golds(questions: Sequence[TextQuestion]) -> Mapping[int, tuple[int, int]]:
    """Return the number of wrong gold answers, and of all, by category."""
    counts: dict[int, tuple[int, int]] = {}
    for question in sorted(questions, key=lambda each: each.category):
        if question.category == 5:
            continue
        wrong, number = counts.get(question.category, (0, 0))
        bad = question.erratum is not None and question.erratum.changes_score
        counts[question.category] = (wrong + bad, number + 1)
    return counts
