"""Scores predictions with a fixed denominator: what is missing counts, and is shown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import Benchmark, TextQuestion, VisualQuestion
from locomo_vqa.benchmark.questions import Question, questions_of
from locomo_vqa.errors import MissingResource
from locomo_vqa.runs import Prediction, SplitChoice, count_states
from locomo_vqa.scores import MetricScores, RowCounts, RowScore, Scores

from ..metrics import L_METRICS, NO_JUDGE, BatchMetric, get_metric
from ..metrics.l_settings import LSettings
from .summaries import Item, row_score, summarise

__all__ = ["ALL_METRICS", "score_predictions"]

ALL_METRICS = ("l", "j", "v", "rouge1", "meteor", "bertscore", "sbert", "f1", "bleu1")
"""Every metric's name, in the order of a table."""


def score_predictions(
    predictions: Sequence[Prediction],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    metrics: Sequence[str] | None = None,
    extra: int = 0,
    l_settings: LSettings | None = None,
) -> Scores:
    """Score predictions; see `locomo_vqa.scores.Scorer`.

    Text metrics are means over the questions of categories 1 to 4 of the split: adversarial
    questions have no gold answer. V is a mean over its visual questions. A metric is not computed
    where no prediction at all answers a question of its kind, and L, BERTScore and SBERT are not
    where a model of theirs is not on this machine and `metrics` does not name them. A model that
    is needed for a named metric is fetched.

    Args:
        l_settings: how L, BERTScore and SBERT are computed; None for the defaults.

    Raises:
        ValueError: a metric's name is unknown.
        InputError: a file of a model is damaged, or another model's.
        MissingResource: a metric's table, or a named metric's model, is not on this machine.
    """
    questions = questions_of(benchmark, split)
    ids = {question.id for question in questions}
    given = {p.question_id: p for p in predictions if p.question_id in ids}
    scored = [question for question in questions if _gold(question) is not None]
    matched = [given[question.id] for question in scored if question.id in given]
    kinds = {type(question) for question in scored if question.id in given}
    shelf = _Shelf(l_settings or LSettings(), named=metrics is not None)
    sheet: dict[str, MetricScores] = {}
    rows: list[RowScore] = []
    for name in metrics or ALL_METRICS:
        if name == "j":
            sheet[name] = MetricScores(state="not_computed", reason=NO_JUDGE)
            continue
        kind = VisualQuestion if name == "v" else TextQuestion
        asked = [question for question in scored if isinstance(question, kind)]
        if kind not in kinds:
            sheet[name] = _not_asked(name, bool(asked))
            continue
        metric = shelf.open(name)
        if isinstance(metric, MissingResource):
            sheet[name] = MetricScores(state="not_computed", reason=str(metric))
            continue
        items = _items(metric, asked, given)
        sheet[name] = summarise(
            items, signature=metric.signature, scale=metric.scale, lowest=metric.lowest
        )
        rows += [row_score(item, metric=name, scale=metric.scale) for item in items]
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


class _Shelf:
    """Opens metrics; those that share encoders are opened together, and once."""

    def __init__(self, l_settings: LSettings, *, named: bool) -> None:
        self._l_settings = l_settings
        self._named = named
        self._l_metrics: Mapping[str, BatchMetric] | MissingResource | None = None

    def open(self, name: str) -> BatchMetric | MissingResource:
        """Return a metric, or what it lacks where nobody named it."""
        if name not in L_METRICS:
            return get_metric(name)
        if self._l_metrics is None:
            from ..metrics.l import open_l_metrics

            try:
                self._l_metrics = open_l_metrics(self._l_settings, fetch=self._named)
            except MissingResource as error:
                if self._named:
                    raise
                self._l_metrics = error
        opened = self._l_metrics
        return opened if isinstance(opened, MissingResource) else opened[name]


def _items(
    metric: BatchMetric, asked: Sequence[Question], given: Mapping[str, Prediction]
) -> list[Item]:
    """Return what each question's answer is worth; the answers are scored in one go."""
    pairs = {
        question.id: (answer, gold)
        for question in asked
        if (prediction := given.get(question.id)) is not None
        and prediction.state == "ok"
        and (answer := prediction.prediction) is not None
        and (gold := _gold(question)) is not None
    }
    values = dict(zip(pairs, metric.score_all(list(pairs.values())), strict=True))
    return [
        Item(question, values.get(question.id, metric.missing), _state(given.get(question.id)))
        for question in asked
    ]


def _state(prediction: Prediction | None) -> str:
    return "missing" if prediction is None else prediction.state


def _not_asked(name: str, asked: bool) -> MetricScores:
    kind = "visual question" if name == "v" else "text question with a gold answer"
    reason = f"No row answers a {kind}." if asked else f"The split has no {kind}."
    metric = None if name in L_METRICS else get_metric(name)
    return MetricScores(
        state="not_computed",
        reason=reason,
        signature=metric.signature if metric else None,
        scale=metric.scale if metric else None,
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
