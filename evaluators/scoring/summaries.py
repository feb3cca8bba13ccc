"""Turns a metric's value of each question into means, groups and intervals."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import TextQuestion, VisualQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.scores import Estimate, MetricScores, RowScore

from ..statistics.intervals import clustered_interval, within_range

__all__ = ["Item", "row_score", "summarise"]


@dataclass(frozen=True, slots=True)
class Item:
    """One question and what its answer is worth."""

    question: Question
    value: float
    """Before scaling: 1 for a perfect answer."""
    state: str
    """The prediction's state, or `missing`."""


@dataclass(frozen=True, slots=True)
class _Range:
    """What a mean is multiplied by, and where it can lie then."""

    scale: float
    low: float


def summarise(
    items: Sequence[Item], *, signature: str, scale: float, lowest: float = 0.0
) -> MetricScores:
    """Return the scores of one metric over its questions, which are all text or all visual.

    Args:
        items: every question of the denominator once.
        scale: what a mean is multiplied by: the reported value of a perfect answer.
        lowest: the smallest value that an answer can have, before scaling.
    """
    visual = bool(items) and isinstance(items[0].question, VisualQuestion)
    clean = [item for item in items if not _wrong_gold(item.question)]
    has_errata = any(isinstance(i.question, TextQuestion) and i.question.erratum for i in items)
    limits = _Range(scale, lowest * scale)
    categories = {} if visual else _groups(items, limits, _category)
    return MetricScores(
        state="ok",
        signature=signature,
        scale=scale,
        overall=_estimate(items, limits),
        by_category=dict(sorted(categories.items())),
        by_type=_groups(items, limits, _type) if visual else {},
        by_conversation=_groups(items, limits, lambda question: question.conversation),
        clean=_estimate(clean, limits) if has_errata else None,
    )


def row_score(item: Item, *, metric: str, scale: float) -> RowScore:
    """Return what one question is worth under the metric of that name, on the metric's scale."""
    return RowScore(
        question_id=item.question.id,
        metric=metric,
        value=item.value * scale,
        state=item.state,
    )


def _wrong_gold(question: Question) -> bool:
    erratum = question.erratum if isinstance(question, TextQuestion) else None
    return erratum is not None and erratum.changes_score


def _category(question: Question) -> str:
    assert isinstance(question, TextQuestion)
    return str(question.category)


def _type(question: Question) -> str:
    assert isinstance(question, VisualQuestion)
    return question.type


def _groups(
    items: Sequence[Item], limits: _Range, key: Callable[[Question], str]
) -> dict[str, Estimate]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item.question), []).append(item)
    return {name: _estimate(group, limits) for name, group in groups.items()}


def _estimate(items: Sequence[Item], limits: _Range) -> Estimate:
    if not items:
        return Estimate(value=None, interval=None, n=0)
    clusters: dict[str, list[float]] = {}
    for item in items:
        clusters.setdefault(item.question.conversation, []).append(item.value * limits.scale)
    interval = within_range(clustered_interval(clusters), limits.low, limits.scale)
    value = statistics.fmean(item.value for item in items) * limits.scale
    return Estimate(value=value, interval=interval, n=len(items))
