"""What a run cost for a question: the horizontal axis of a frontier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from locomo_vqa.benchmark.questions import Question
from locomo_vqa.cost_axes import CostAxis
from locomo_vqa.errors import InputError
from locomo_vqa.runs import Prediction, Run
from locomo_vqa.scores import Interval
from locomo_vqa.statistics.mean_intervals import difference_interval

from ..efficiency.measure import efficiency_of

__all__ = ["RunCost", "cost_of"]

_NAMES: Mapping[CostAxis, str] = {
    "tokens": "number of tokens of memory",
    "input_tokens": "number of input tokens",
    "price": "price",
    "latency": "latency",
}

_REMEDIES: Mapping[CostAxis, str] = {
    "tokens": "Run the system again with this version, or choose another `x`, such as latency.",
    "input_tokens": "Run it with a metered model, or choose another `x`, such as latency.",
    "price": "Name a table with its model as `prices`, or choose another `x`.",
    "latency": "Choose another `x`.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost:
    """What a run cost for a question."""

    value: float
    """The mean."""
    interval: Interval | None
    """Its interval over conversations; None where only a total is known."""


def cost_of(
    run: Run, questions: Sequence[Question], axis: CostAxis, *, name: str, price: float | None
) -> RunCost:
    """Return what a run cost; `questions` are those of the metric, which tokens and time are of.

    Args:
        run: the run.
        questions: the questions to count.
        axis: what to count.
        name: what errors call the run.
        price: what the run's calls cost in all, for `price`.

    Raises:
        InputError: it is not known.
    """
    found = _COSTS[axis](run, questions, price)
    if found is None:
        raise InputError(f"{name}: its {_NAMES[axis]} is not known.", _REMEDIES[axis])
    return found


def _tokens(run: Run, questions: Sequence[Question], price: float | None) -> RunCost | None:
    return _mean(run, questions, lambda row: row.context_tokens)


def _latency(run: Run, questions: Sequence[Question], price: float | None) -> RunCost | None:
    return _mean(
        run, questions, lambda row: None if row.latency_ms is None else row.latency_ms / 1000
    )


def _input_tokens(run: Run, questions: Sequence[Question], price: float | None) -> RunCost | None:
    totals = efficiency_of(run.folder).totals
    answering = totals and totals.per_question
    if not answering or answering.input_tokens is None or not answering.calls:
        return None
    return RunCost(value=answering.input_tokens, interval=None)


def _price(run: Run, questions: Sequence[Question], price: float | None) -> RunCost | None:
    asked = len(run.predictions)
    return None if price is None or not asked else RunCost(value=price / asked, interval=None)


_COSTS: Mapping[CostAxis, Callable[[Run, Sequence[Question], float | None], RunCost | None]] = {
    "tokens": _tokens,
    "input_tokens": _input_tokens,
    "price": _price,
    "latency": _latency,
}


def _mean(
    run: Run, questions: Sequence[Question], of: Callable[[Prediction], float | None]
) -> RunCost | None:
    rows = {row.question_id: row for row in run.predictions}
    groups: dict[str, list[float]] = {}
    for question in questions:
        value = of(rows[question.id]) if question.id in rows else None
        if value is not None:
            groups.setdefault(question.conversation, []).append(value)
    if not groups:
        return None
    return RunCost(
        value=fmean(value for values in groups.values() for value in values),
        interval=difference_interval(groups),
    )
