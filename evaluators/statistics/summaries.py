"""Summarizes a metric's values for all questions as means, groups and intervals."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from locomo_vqa.benchmark import TextQuestion, VisualQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.metric_names import METRICS, MetricInfo
from locomo_vqa.scores import Estimate, Interval, MetricScores, RowScore
from locomo_vqa.statistics.mean_intervals import mean_interval

__all__ = ["Item", "row_score", "summarise_metric"]


@dataclass(frozen=True, slots=True)
class Item:
    """One question and the value of its answer."""

    question: Question
    value: float
    """The value before scaling: 1 for a perfect answer."""
    state: str
    """The prediction's state, or `missing`."""


def summarise_metric(items: Sequence[Item], metric: str, *, signature: str) -> MetricScores:
    """Return the scores of one metric on its questions, which are all text or all visual.

    Args:
        items: every question of the denominator once.
        metric: the metric's name, which determines the scale.
        signature: the metric's signature, with everything that can change its values.
    """
    info = METRICS[metric]
    visual = bool(items) and isinstance(items[0].question, VisualQuestion)
    clean = [item for item in items if not _wrong_gold(item.question)]
    has_errata = any(isinstance(i.question, TextQuestion) and i.question.erratum for i in items)
    categories = {} if visual else _estimates_by_group(items, info, _category_of)
    return MetricScores(
        state="ok",
        signature=signature,
        scale=info.scale,
        overall=_estimate(items, info),
        by_category=dict(sorted(categories.items())),
        by_type=_estimates_by_group(items, info, _type_of) if visual else {},
        by_conversation=_estimates_by_group(items, info, lambda question: question.conversation),
        clean=_estimate(clean, info) if has_errata else None,
    )


def row_score(item: Item, metric: str) -> RowScore:
    """Return one question's value in a metric, on the metric's scale."""
    return RowScore(
        question_id=item.question.id,
        metric=metric,
        value=item.value * METRICS[metric].scale,
        state=item.state,
    )


def _wrong_gold(question: Question) -> bool:
    erratum = question.erratum if isinstance(question, TextQuestion) else None
    return erratum is not None and erratum.changes_score


def _category_of(question: Question) -> str:
    assert isinstance(question, TextQuestion)
    return str(question.category)


def _type_of(question: Question) -> str:
    assert isinstance(question, VisualQuestion)
    return question.type


def _estimates_by_group(
    items: Sequence[Item], info: MetricInfo, key: Callable[[Question], str]
) -> dict[str, Estimate]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item.question), []).append(item)
    return {name: _estimate(group, info) for name, group in groups.items()}


def _estimate(items: Sequence[Item], info: MetricInfo) -> Estimate:
    if not items:
        return Estimate(value=None, interval=None, n=0)
    clusters: dict[str, list[float]] = {}
    for item in items:
        clusters.setdefault(item.question.conversation, []).append(item.value)
    mean = statistics.fmean(item.value for item in items) * info.scale
    return Estimate(value=mean, interval=_interval(clusters, mean, info), n=len(items))


def _interval(
    clusters: Mapping[str, Sequence[float]], mean: float, info: MetricInfo
) -> Interval | None:
    """Return a mean's interval on the metric's scale; None with fewer than two conversations.

    It never leaves the scale, except for a mean that does.
    """
    scaled = {name: [value * info.scale for value in values] for name, values in clusters.items()}
    found = mean_interval(scaled, lowest=info.interval_from * info.scale, highest=info.scale)
    return found and replace(found, low=min(found.low, mean))
