"""What a scorer returns: numbers that carry their uncertainty, their count and their signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.wings import load_by_name

__all__ = [
    "FEW_CONVERSATIONS",
    "Bounds",
    "Estimate",
    "Interval",
    "MetricScores",
    "RowCounts",
    "RowScore",
    "Scorer",
    "Scores",
    "default_scorer",
]

FEW_CONVERSATIONS = 6
"""With fewer, no difference between two systems can reach p < 0.05 by sign flips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval of a mean."""

    low: float
    """The lower end, on the metric's scale."""
    high: float
    """The upper end, on the metric's scale."""
    level: float
    """The nominal coverage, such as 0.95."""
    method: str
    """How it was computed."""
    clusters: int
    """How many conversations it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a value lies between while some rows have no verdict."""

    low: float
    """The value if all of them were wrong, or no error."""
    high: float
    """The value if all of them were right, or an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over questions."""

    value: float | None
    """The mean, on the metric's scale; None where there is no question."""
    interval: Interval | None
    """Its interval; None with fewer than two conversations."""
    n: int
    """The number of questions: the denominator, whatever was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricScores:
    """One metric over a run."""

    state: Literal["ok", "not_computed", "incomplete"]
    """Whether there is a value; incomplete: some rows are unscored, so there is none yet."""
    reason: str | None = None
    """Why there is none."""
    signature: str | None = None
    """The metric and every parameter that changes its value."""
    scale: float | None = None
    """The value of a perfect answer: 100 for L, J and V, otherwise 1."""
    overall: Estimate = Estimate(value=None, interval=None, n=0)
    """Over all questions that the metric applies to."""
    by_category: Mapping[str, Estimate] = field(default_factory=dict)
    """By LoCoMo's category number, for text metrics."""
    by_type: Mapping[str, Estimate] = field(default_factory=dict)
    """By question type, for visual metrics."""
    by_conversation: Mapping[str, Estimate] = field(default_factory=dict)
    """By conversation; these have no interval."""
    clean: Estimate | None = None
    """Without the questions whose gold answer an audit found wrong; None without errata."""
    unscored: int = 0
    """Answers that a judge was asked about and gave no verdict on."""
    bounds: Bounds | None = None
    """What the value lies between, where the state is incomplete."""

    @property
    def value(self) -> float | None:
        """The mean over all questions that the metric applies to, on the metric's scale."""
        return self.overall.value

    @property
    def interval(self) -> Interval | None:
        """The confidence interval of `value`; None with fewer than two conversations."""
        return self.overall.interval


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """How the rows of a predictions file met the questions.

    `matched` and `missing` add up to the scored questions: those with a gold answer, of each kind,
    in text or visual, that any row answers.
    """

    matched: int
    """Scored questions that have a row."""
    missing: int
    """Scored questions that have none: each counts with the metric's value of a missing answer."""
    extra: int
    """Rows that belong to no question of the split, or to one that has a row."""
    unscored: int
    """Rows for adversarial questions, which have no gold answer."""
    states: Mapping[str, int]
    """Matched rows by state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowScore:
    """One question under one metric."""

    question_id: str
    metric: str
    value: float | None
    """On the metric's scale; None where the state is `unscored`."""
    state: str
    """The prediction's state, `missing`, or `unscored`: a judge gave no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Everything that was computed of one run."""

    rows: RowCounts
    metrics: Mapping[str, MetricScores]
    """By the metric's name."""
    answer_length: float | None
    """Mean number of words of the answers to text questions, without the missing."""
    by_question: Sequence[RowScore]
    """Every question under every metric."""

    def to_json(self) -> dict[str, Any]:
        """Return the part of scores.json that depends on the predictions alone."""
        return {
            "rows": asdict(self.rows),
            "answer_length": self.answer_length,
            "metrics": {name: asdict(scores) for name, scores in self.metrics.items()},
        }


class Scorer(Protocol):
    """Scores predictions. The leaderboard may not import one: `default_scorer` hands it over."""

    def __call__(
        self,
        predictions: Sequence[Prediction],
        benchmark: Benchmark,
        *,
        split: SplitChoice,
        metrics: Sequence[str] | None = None,
        extra: int = 0,
    ) -> Scores:
        """Score predictions of `benchmark`'s questions in `split`.

        Args:
            predictions: at most one a question; those of other questions count as extra.
            benchmark: where questions and gold answers come from.
            split: the questions of the denominator.
            metrics: names of metrics; None for all.
            extra: rows that were left out before, because they belong to no question.
        """


def default_scorer() -> Scorer:
    """Return the evaluators' scorer, imported when it is first needed."""
    scorer: Scorer = load_by_name("locomo_vqa.evaluators.scoring.predictions:score_predictions")
    return scorer
