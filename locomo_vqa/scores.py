"""What a scorer returns: values with their uncertainty, count and signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.published_files import ReportedVerdicts
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.text import counted
from locomo_vqa.wings import load_by_name

__all__ = [
    "FEW_CONVERSATIONS",
    "Bounds",
    "CorrectedValue",
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
"""With fewer conversations, no difference of two systems can reach p < 0.05 by sign flips."""


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
    """The number of conversations that it is based on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The lowest and the highest possible value while some rows have no verdict."""

    low: float
    """The value if all of them were wrong (of an error rate, if none were)."""
    high: float
    """The value if all of them were right (of an error rate, if all were errors)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over questions."""

    value: float | None
    """The mean, on the metric's scale; None without questions."""
    interval: Interval | None
    """Its interval; None with fewer than two conversations."""
    n: int
    """The number of questions, answered or not: the denominator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedValue:
    """J as it would be if its judge never erred, by the error rates that a check measured."""

    value: float | None
    """The share of right answers, on J's scale; None if the rates don't allow an estimate."""
    interval: Interval | None
    """Its interval; None without a value, or with fewer than two conversations."""
    false_accept: float | None
    """The share of wrong answers that the judge accepts; None if a verdict is missing."""
    false_reject: float | None
    """The share of right answers that the judge rejects; None if a verdict is missing."""
    lenient: bool
    """Whether the judge accepts too many wrong answers, so that its J is marked and has no rank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricScores:
    """One metric over a run."""

    state: Literal["ok", "not_computed", "incomplete"]
    """Whether there is a value; with `incomplete`, some rows are still unscored."""
    reason: str | None = None
    """Why there is no value."""
    signature: str | None = None
    """The metric with every parameter that changes its value."""
    scale: float | None = None
    """The value of a perfect answer: 100 for L, J, reported J and V, otherwise 1."""
    overall: Estimate = Estimate(value=None, interval=None, n=0)
    """Over all questions that the metric applies to."""
    by_category: Mapping[str, Estimate] = field(default_factory=dict)
    """By LoCoMo's category number, for text metrics."""
    by_type: Mapping[str, Estimate] = field(default_factory=dict)
    """By question type, for visual metrics."""
    by_conversation: Mapping[str, Estimate] = field(default_factory=dict)
    """By conversation; these have no interval."""
    clean: Estimate | None = None
    """Without the questions whose gold answer has an erratum; None without errata."""
    unscored: int = 0
    """The number of answers on which a judge gave no verdict."""
    bounds: Bounds | None = None
    """The range of the value, if the state is `incomplete`."""
    corrected: CorrectedValue | None = None
    """J corrected by the judge's error rates; None without a check, and for other metrics."""
    sampled_of: int | None = None
    """Of a J estimated from a sample, the number of questions that it was drawn from; `n` is its
    size. None if all were judged."""

    def __repr__(self) -> str:
        name = (self.signature or "").partition(":")[0]
        if self.value is None:
            why = f" ({self.reason})" if self.reason else ""
            return f"<MetricScores{f' {name}' if name else ''}: {self.state}{why}>"
        digits = 1 if self.scale == 100 else 4
        found = f"{self.value:.{digits}f} over {counted(self.overall.n, 'question')}"
        if self.interval is not None:
            level = f"{100 * self.interval.level:g} %"
            ends = f"{self.interval.low:.{digits}f} … {self.interval.high:.{digits}f}"
            found += f", {level} interval {ends}"
        return f"<MetricScores {name}: {found}>"

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
    """How the rows of a predictions file match the questions.

    `matched` and `missing` add up to the scored questions: those with a gold answer, either text or
    visual, or both if there are rows for both.
    """

    matched: int
    """Scored questions that have a row."""
    missing: int
    """Scored questions without a row: each gets the metric's value of a missing answer."""
    extra: int
    """Rows for questions that are not in the split, or that already have a row."""
    unscored: int
    """Rows for adversarial questions, which have no gold answer."""
    states: Mapping[str, int]
    """Matched rows by state."""
    answered: Mapping[str, int] = field(default_factory=dict)
    """The number of answered questions with a gold answer, by kind: `text` and `visual`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowScore:
    """One question under one metric."""

    question_id: str
    metric: str
    value: float | None
    """On the metric's scale; None if the state is `unscored` or `unsampled`."""
    state: str
    """The prediction's state, `missing`, `unscored` (a judge gave no verdict), or `unsampled` (the
    judge's sample leaves it out)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """All scores of one run."""

    rows: RowCounts
    metrics: Mapping[str, MetricScores]
    """By the metric's name."""
    answer_length: float | None
    """Mean number of words in the answers to text questions, without missing ones."""
    by_question: Sequence[RowScore]
    """The value of every question under every metric."""
    abstention: Mapping[str, Any] | None = None
    """The parts of A: the shares that were declined, every outcome, and the curve over thresholds;
    None if A was not computed."""

    def to_json(self) -> dict[str, Any]:
        """Return the part of scores.json that depends on the predictions only."""
        return {
            "rows": asdict(self.rows),
            "answer_length": self.answer_length,
            "metrics": {name: asdict(scores) for name, scores in self.metrics.items()},
            **({"abstention": self.abstention} if self.abstention is not None else {}),
        }


class Scorer(Protocol):
    """Scores predictions. The leaderboard can't import a scorer: it calls `default_scorer`."""

    def __call__(
        self,
        predictions: Sequence[Prediction],
        benchmark: Benchmark,
        *,
        split: SplitChoice,
        metrics: Sequence[str] | None = None,
        extra: int = 0,
        reported: ReportedVerdicts | None = None,
    ) -> Scores:
        """Score predictions of `benchmark`'s questions in `split`.

        Args:
            predictions: at most one per question; predictions for other questions count as extra.
            benchmark: where questions and gold answers come from.
            split: the questions that are scored.
            metrics: names of metrics; None for all.
            extra: the number of rows already left out because they match no question.
            reported: the verdicts that a published file carries, which give reported J.
        """


def default_scorer(**settings: Any) -> Scorer:
    """Return the evaluators' scorer, imported when it is first needed.

    Args:
        settings: `judge`, `rubric`, `judge_timeout`, `responses`, `l_preset` and `l_models`, as
            `locomo_vqa.score` describes them; without a judge, J is not computed. With
            `judge_sample` and `judge_seed`, it is estimated from a sample of questions.

    Raises:
        InputError: a setting is invalid.
    """
    make = load_by_name("locomo_vqa.evaluators.scoring.board_scorer:make_board_scorer")
    scorer: Scorer = make(**settings)
    return scorer
