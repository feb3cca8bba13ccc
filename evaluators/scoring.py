"""Scores predictions with a fixed denominator: what is missing counts, and is shown."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from locomo_vqa.benchmark import Benchmark, TextQuestion, VisualQuestion
from locomo_vqa.questions import Question, questions_of
from locomo_vqa.runs import Prediction, SplitChoice, count_states
from locomo_vqa.scores import Estimate, Interval, MetricScores, RowCounts, RowScore, Scores

from .metrics import METRICS, NOT_YET, Metric, get_metric
from .statistics import clustered_interval

__all__ = ["ALL_METRICS", "score_predictions"]

ALL_METRICS = ("l", "j", *METRICS)
"""Every metric's name, in the order of a table."""


@dataclass(frozen=True, slots=True)
class _Item:
    """One question, its gold answer, what was predicted and what that is worth."""

    question: Question
    value: float
    state: str


def score_predictions(
    predictions: Sequence[Prediction],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    metrics: Sequence[str] | None = None,
    extra: int = 0,
) -> Scores:
    """Score predictions; see `locomo_vqa.scores.Scorer`.

    Text metrics are means over the questions of categories 1 to 4 of the split: adversarial
    questions have no gold answer. V is a mean over its visual questions. A metric is not computed
    where no prediction at all answers a question of its kind.

    Raises:
        ValueError: a metric's name is unknown.
        MissingResource: a metric's table is not on this machine.
    """
    questions = questions_of(benchmark, split)
    ids = {question.id for question in questions}
    given = {p.question_id: p for p in predictions if p.question_id in ids}
    scored = [question for question in questions if _gold(question) is not None]
    matched = [given[question.id] for question in scored if question.id in given]
    kinds = {type(question) for question in scored if question.id in given}
    sheet: dict[str, MetricScores] = {}
    rows: list[RowScore] = []
    for name in metrics or ALL_METRICS:
        if name in NOT_YET:
            sheet[name] = MetricScores(state="not_computed", reason=NOT_YET[name])
            continue
        metric = get_metric(name)
        kind = VisualQuestion if metric.questions == "visual" else TextQuestion
        asked = [question for question in scored if isinstance(question, kind)]
        if not asked or kind not in kinds:
            sheet[name] = _not_asked(metric, bool(asked))
            continue
        items = [_item(metric, question, given.get(question.id)) for question in asked]
        sheet[name] = _summary(metric, items)
        rows += [_row_score(metric, item) for item in items]
    return Scores(
        rows=RowCounts(
            matched=len(matched),
            missing=sum(type(question) in kinds for question in scored) - len(matched),
            extra=extra + len(predictions) - len(given),
            unscored=len(given) - len(matched),
            states=count_states(matched),
        ),
        metrics=sheet,
        answer_length=_answer_length(given, scored),
        by_question=rows,
    )


def _gold(question: Question) -> str | None:
    if isinstance(question, TextQuestion) and question.category == 5:
        return None
    return question.answer


def _item(metric: Metric, question: Question, prediction: Prediction | None) -> _Item:
    gold = _gold(question)
    assert gold is not None
    if prediction is None:
        return _Item(question, metric.missing, "missing")
    if prediction.state != "ok" or prediction.prediction is None:
        return _Item(question, metric.missing, prediction.state)
    return _Item(question, metric.score(prediction.prediction, gold), "ok")


def _row_score(metric: Metric, item: _Item) -> RowScore:
    return RowScore(
        question_id=item.question.id,
        metric=metric.name,
        value=item.value * metric.scale,
        state=item.state,
    )


def _not_asked(metric: Metric, asked: bool) -> MetricScores:
    kind = "visual question" if metric.questions == "visual" else "text question with a gold answer"
    reason = f"No row answers a {kind}." if asked else f"The split has no {kind}."
    return MetricScores(
        state="not_computed",
        reason=reason,
        signature=metric.signature,
        scale=metric.scale,
    )


def _summary(metric: Metric, items: Sequence[_Item]) -> MetricScores:
    visual = metric.questions == "visual"
    clean = [item for item in items if not _wrong_gold(item.question)]
    has_errata = any(isinstance(i.question, TextQuestion) and i.question.erratum for i in items)
    return MetricScores(
        state="ok",
        signature=metric.signature,
        scale=metric.scale,
        overall=_estimate(metric, items),
        by_category={} if visual else _groups(metric, items, _category),
        by_type=_groups(metric, items, _type) if visual else {},
        by_conversation=_groups(metric, items, lambda question: question.conversation),
        clean=_estimate(metric, clean) if has_errata else None,
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
    metric: Metric, items: Sequence[_Item], key: Callable[[Question], str]
) -> dict[str, Estimate]:
    groups: dict[str, list[_Item]] = {}
    for item in items:
        groups.setdefault(key(item.question), []).append(item)
    ordered = groups if key is not _category else dict(sorted(groups.items()))
    return {name: _estimate(metric, group) for name, group in ordered.items()}


def _estimate(metric: Metric, items: Sequence[_Item]) -> Estimate:
    if not items:
        return Estimate(value=None, interval=None, n=0)
    clusters: dict[str, list[float]] = {}
    for item in items:
        clusters.setdefault(item.question.conversation, []).append(item.value * metric.scale)
    interval = _within_range(clustered_interval(clusters), metric.scale)
    value = statistics.fmean(item.value for item in items) * metric.scale
    return Estimate(value=value, interval=interval, n=len(items))


def _within_range(interval: Interval | None, scale: float) -> Interval | None:
    """Return an interval without the part that no value from 0 to `scale` can be in."""
    if interval is None or (interval.low >= 0 and interval.high <= scale):
        return interval
    return replace(
        interval,
        low=max(0.0, interval.low),
        high=min(scale, interval.high),
        method=f"{interval.method}, truncated to the range",
    )


def _answer_length(given: Mapping[str, Prediction], scored: Sequence[Question]) -> float | None:
    lengths = [
        len((prediction.prediction or "").split())
        for question in scored
        if isinstance(question, TextQuestion)
        and (prediction := given.get(question.id)) is not None
        and prediction.state == "ok"
    ]
    return statistics.fmean(lengths) if lengths else None
