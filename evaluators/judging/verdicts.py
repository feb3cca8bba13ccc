"""Computes J from verdicts: 100 times the share of text questions whose answer is accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from locomo_vqa.benchmark import Benchmark, TextQuestion
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.metric_names import METRICS
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.scores import Bounds, Estimate, MetricScores, RowScore
from locomo_vqa.text import counted

from ..statistics.summaries import Item, row_score, summarise_metric
from .judge import Judgement, ToJudge, UnscoredReason

__all__ = [
    "SCALE",
    "Answers",
    "accepted_by_conversation",
    "j_rows",
    "j_scores",
    "scores_between",
    "sort_answers",
]

SCALE = METRICS["j"].scale
"""The J of a run with every answer accepted."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The text questions of a split that have a gold answer, and the answers to judge."""

    questions: Sequence[TextQuestion]
    """The denominator of J: the questions of categories 1 to 4."""
    to_judge: Sequence[ToJudge]
    """The existing answers. Questions without one are wrong without asking the judge."""
    states: Mapping[str, str]
    """The state of each question's prediction, or `missing`."""


_UNSCORED: Mapping[UnscoredReason, str] = {
    "unparsable": "its replies can't be read",
    "both_labels": "its replies name both verdicts",
    "refused": "it declines",
    "timeout": "no reply came in time",
    "unreachable": "no server answers, or it failed too often",
    "failed": "the server refuses the requests",
}
"""The most frequent reason for missing verdicts, in words; without an address, as boards are
published."""


def sort_answers(
    predictions: Sequence[Prediction], benchmark: Benchmark, split: SplitChoice
) -> Answers:
    """Sort a run's predictions into answers to judge and answers that are wrong anyway."""
    given = {prediction.question_id: prediction for prediction in predictions}
    questions = [
        question
        for question in questions_of(benchmark, split)
        if isinstance(question, TextQuestion) and question.category != 5 and question.answer
    ]
    states: dict[str, str] = {}
    to_judge: list[ToJudge] = []
    for question in questions:
        prediction = given.get(question.id)
        states[question.id] = prediction.state if prediction else "missing"
        if prediction is None or prediction.state != "ok" or prediction.prediction is None:
            continue
        assert question.answer is not None
        to_judge.append(
            ToJudge(
                id=question.id,
                question=question.question,
                gold=question.answer,
                answer=prediction.prediction,
            )
        )
    return Answers(questions, to_judge, states)


def j_scores(answers: Answers, judgements: Sequence[Judgement], signature: str) -> MetricScores:
    """Return J, or its possible range if a verdict is missing.

    A group (a category or conversation) with an unscored answer has no value either.
    """
    unscored = sum(judgement.state == "unscored" for judgement in judgements)
    low = summarise_metric(
        _worth_of_answers(answers, judgements, unscored_as=0.0), "j", signature=signature
    )
    if not unscored:
        return low
    high = summarise_metric(
        _worth_of_answers(answers, judgements, unscored_as=1.0), "j", signature=signature
    )
    reason = _reason_not_computed(judgements, low.overall, high.overall)
    return scores_between(low, high, unscored=unscored, reason=reason)


def scores_between(
    low: MetricScores, high: MetricScores, *, unscored: int, reason: str
) -> MetricScores:
    """Return the scores of a metric of which only the lowest and the highest value are known.

    Where both are the same, that is the value.
    """
    assert low.overall.value is not None and high.overall.value is not None
    return MetricScores(
        state="incomplete",
        reason=reason,
        signature=low.signature,
        scale=low.scale,
        overall=_known_estimate(low.overall, high.overall),
        by_category=_known_groups(low.by_category, high.by_category),
        by_conversation=_known_groups(low.by_conversation, high.by_conversation),
        clean=_known_estimate(low.clean, high.clean) if low.clean and high.clean else None,
        unscored=unscored,
        bounds=Bounds(low=low.overall.value, high=high.overall.value),
    )


def accepted_by_conversation(
    answers: Answers, judgements: Sequence[Judgement]
) -> dict[str, list[float]]:
    """Return 1 for each accepted answer and 0 for each other question, by conversation."""
    accepted: dict[str, list[float]] = {}
    for item in _worth_of_answers(answers, judgements, unscored_as=0.0):
        accepted.setdefault(item.question.conversation, []).append(item.value)
    return accepted


def j_rows(answers: Answers, judgements: Sequence[Judgement]) -> list[RowScore]:
    """Return each question's J; None if it is unscored."""
    unscored = {judgement.id for judgement in judgements if judgement.state == "unscored"}
    rows = [
        row_score(item, "j") for item in _worth_of_answers(answers, judgements, unscored_as=0.0)
    ]
    return [
        replace(row, value=None, state="unscored") if row.question_id in unscored else row
        for row in rows
    ]


def _worth_of_answers(
    answers: Answers, judgements: Sequence[Judgement], *, unscored_as: float
) -> list[Item]:
    worth = {"correct": 1.0, "wrong": 0.0, "unscored": unscored_as}
    values = {judgement.id: worth[judgement.state] for judgement in judgements}
    return [
        Item(question, values.get(question.id, 0.0), answers.states[question.id])
        for question in answers.questions
    ]


def _reason_not_computed(judgements: Sequence[Judgement], low: Estimate, high: Estimate) -> str:
    reasons = Counter(j.reason for j in judgements if j.state == "unscored" and j.reason)
    unscored = sum(judgement.state == "unscored" for judgement in judgements)
    rows = f"{counted(unscored, 'answer')} {'has' if unscored == 1 else 'have'}"
    why = f" ({_UNSCORED[reasons.most_common(1)[0][0]]})" if reasons else ""
    return (
        f"{rows} no verdict from the judge{why}, so J is somewhere from {low.value:.1f} to "
        f"{high.value:.1f}. Score again to ask once more."
    )


def _known_estimate(low: Estimate, high: Estimate) -> Estimate:
    return low if low.value == high.value else Estimate(value=None, interval=None, n=low.n)


def _known_groups(low: Mapping[str, Estimate], high: Mapping[str, Estimate]) -> dict[str, Estimate]:
    return {name: _known_estimate(estimate, high[name]) for name, estimate in low.items()}
