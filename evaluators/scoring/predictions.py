"""Scores predictions with a fixed denominator: missing answers count, and are shown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import get_args

from locomo_vqa.arguments import check_choice, check_choices
from locomo_vqa.benchmark import Benchmark, TextQuestion, VisualQuestion
from locomo_vqa.benchmark.questions import Question, gold_answer, questions_answered
from locomo_vqa.errors import MissingResource
from locomo_vqa.metric_names import METRICS, MetricInfo, with_groups
from locomo_vqa.published_files import ReportedVerdicts
from locomo_vqa.runs import Prediction, SplitChoice, count_states
from locomo_vqa.scores import MetricScores, RowCounts, RowScore, Scores

from ..abstention import AbstentionMeasure, measure_abstention
from ..metrics import NO_JUDGE, BatchMetric, MetricOpener, get_metric
from ..metrics.l_settings import LSettings
from ..statistics.summaries import Item, row_score, summarise_metric
from .reported import score_reported
from .retrieved import ScoredRetrieval

__all__ = ["check_metrics", "score_predictions"]

_NO_ANSWERS = "The source has rankings, and no answers."
_NO_VERDICTS = "The source carries no verdicts of a judge."


def score_predictions(
    predictions: Sequence[Prediction],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    metrics: Sequence[str] | None = None,
    extra: int = 0,
    l_settings: LSettings | None = None,
    reported: ReportedVerdicts | None = None,
    has_answers: bool = True,
) -> Scores:
    """Score predictions; see `locomo_vqa.scores.Scorer`.

    Text metrics are means over the split's questions of categories 1 to 4: adversarial questions
    have no gold answer. V is a mean over the visual questions. A metric is not computed if no
    prediction answers a question of its type. A metric whose text encoder is not on this machine is
    not computed unless `metrics` names it; then the encoder is downloaded.

    Args:
        l_settings: the settings of L, BERTScore and SBERT; None for the defaults.
        reported: the verdicts that the predictions' file carries; without any, reported J is left
            out, unless `metrics` names it.
        has_answers: whether the predictions are answers, and not rankings alone, for which only R
            is computed.

    Raises:
        InputError: a metric or the split is unknown, or a file of an encoder is damaged.
        MissingResource: a metric's table, or a named metric's encoder, is not on this machine.
    """
    check_choice("split", split, get_args(SplitChoice))
    metrics = with_groups(metrics)
    check_metrics(metrics)
    questions = questions_answered(benchmark, split, predictions)
    ids = {question.id for question in questions}
    given = {p.question_id: p for p in predictions if p.question_id in ids}
    scored = [question for question in questions if gold_answer(question) is not None]
    matched = [given[question.id] for question in scored if question.id in given]
    kinds = {type(question) for question in scored if question.id in given}
    opener = MetricOpener(l_settings, fetch=metrics is not None)
    results: dict[str, MetricScores] = {}
    rows: list[RowScore] = []
    retrieved: ScoredRetrieval | None = None
    names = list(metrics or METRICS)
    measured = _abstention(names, questions, given if has_answers else {})
    results.update({"a": measured.scores} if measured.scores else {})
    for name in (name for name in names if METRICS[name].needs != "abstention"):
        info = METRICS[name]
        if reason := _reason_against(info, reported, has_answers=has_answers):
            if info.needs != "verdicts" or metrics is not None:
                results[name] = MetricScores(state="not_computed", reason=reason)
            continue
        if reported is not None and info.needs == "verdicts":
            asked_text = [question for question in scored if isinstance(question, TextQuestion)]
            results[name], values = score_reported(reported, asked_text, given)
            rows += values
            continue
        kind = VisualQuestion if info.questions == "visual" else TextQuestion
        asked = [question for question in scored if isinstance(question, kind)]
        if kind not in kinds:
            results[name] = _not_asked(name, bool(asked))
            continue
        if info.needs == "retrieved":
            retrieved = retrieved or ScoredRetrieval(predictions, benchmark, split)
            results[name], values = retrieved.score(name)
            rows += values
            continue
        try:
            metric = opener.open(name)
        except MissingResource as error:
            if metrics is not None:
                raise
            results[name] = MetricScores(state="not_computed", reason=str(error))
            continue
        items = _worth_of_answers(metric, asked, given)
        results[name] = summarise_metric(items, name, signature=metric.signature)
        rows += [row_score(item, name) for item in items]
    return Scores(
        rows=RowCounts(
            matched=len(matched),
            missing=sum(type(question) in kinds for question in scored) - len(matched),
            extra=extra + len(predictions) - len(given),
            unscored=_count_adversarial(questions, given),
            states=count_states(matched),
            answered=_count_answered(scored, given) if has_answers else {},
        ),
        metrics={name: results[name] for name in names if name in results},
        answer_length=_answer_length(given, scored) if has_answers else None,
        by_question=[*rows, *measured.rows],
        abstention=measured.section,
    )


def _reason_against(
    info: MetricInfo, reported: ReportedVerdicts | None, *, has_answers: bool
) -> str | None:
    """Return why a metric is not computed here, whatever the questions; None if it is."""
    if info.needs == "retrieved":
        return None
    if not has_answers:
        return _NO_ANSWERS
    if info.needs == "judge":
        return NO_JUDGE
    return _NO_VERDICTS if info.needs == "verdicts" and reported is None else None


def check_metrics(metrics: Sequence[str] | None) -> None:
    """Check that metrics are known; None means all.

    Raises:
        InputError: a metric is unknown, or the list is empty; the message names all metrics.
    """
    if metrics is not None:
        check_choices("metrics", metrics, METRICS)


def _worth_of_answers(
    metric: BatchMetric, asked: Sequence[Question], given: Mapping[str, Prediction]
) -> list[Item]:
    """Return the value of each question's answer; all answers are scored in one batch."""
    pairs = {
        question.id: (answer, gold)
        for question in asked
        if (prediction := given.get(question.id)) is not None
        and prediction.state == "ok"
        and (answer := prediction.prediction) is not None
        and (gold := gold_answer(question)) is not None
    }
    values = dict(zip(pairs, metric.score_all(list(pairs.values())), strict=True))
    return [
        Item(question, values.get(question.id, metric.missing), _state_of(given.get(question.id)))
        for question in asked
    ]


def _state_of(prediction: Prediction | None) -> str:
    return "missing" if prediction is None else prediction.state


def _not_asked(name: str, asked: bool) -> MetricScores:
    info = METRICS[name]
    kind = "visual question" if info.questions == "visual" else "text question with a gold answer"
    reason = f"No row answers a {kind}." if asked else f"The split has no {kind}."
    metric = get_metric(name) if info.needs == "nothing" else None
    return MetricScores(
        state="not_computed",
        reason=reason,
        signature=metric.signature if metric else None,
        scale=info.scale if metric else None,
    )


def _abstention(
    names: Sequence[str], questions: Sequence[Question], given: Mapping[str, Prediction]
) -> AbstentionMeasure:
    return measure_abstention(questions, given) if "a" in names else AbstentionMeasure()


def _count_adversarial(questions: Sequence[Question], given: Mapping[str, Prediction]) -> int:
    return sum(
        isinstance(question, TextQuestion) and gold_answer(question) is None
        for question in questions
        if question.id in given
    )


def _count_answered(scored: Sequence[Question], given: Mapping[str, Prediction]) -> dict[str, int]:
    found = {"text": 0, "visual": 0}
    for question in scored:
        kind = "text" if isinstance(question, TextQuestion) else "visual"
        found[kind] += _state_of(given.get(question.id)) == "ok"
    return found


def _answer_length(given: Mapping[str, Prediction], scored: Sequence[Question]) -> float | None:
    lengths = [
        len((prediction.prediction or "").split())
        for question in scored
        if isinstance(question, TextQuestion)
        and (prediction := given.get(question.id)) is not None
        and prediction.state == "ok"
    ]
    return statistics.fmean(lengths) if lengths else None
