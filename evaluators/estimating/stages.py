"""The estimate of each stage: calls, tokens and price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .growth import fit_growth
from .money import Unit
from .project import Figure, Known, OfCalls, project
from .seen import SeenCall

__all__ = ["StageEstimate", "estimate_stages", "units_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEstimate:
    """What a stage of a run will be; a run's total has the stage `all`."""

    stage: str
    calls: Figure
    """Calls, repeated ones included."""
    tokens_in: Figure
    tokens_out: Figure
    cost: Figure | None
    """In US dollars; None if unknown. 0 for models that cost only time."""


def estimate_stages(known: Known) -> list[StageEstimate]:
    """Return the estimate of each stage that made calls, and of all together if there are some."""
    calls = _calls_of(known)
    stages = [_estimate(known, stage, calls) for stage in dict.fromkeys(c.stage for c in calls)]
    if not stages:
        return []
    costs = [stage.cost for stage in stages]
    return [
        *stages,
        StageEstimate(
            stage="all",
            calls=_sum([stage.calls for stage in stages]),
            tokens_in=_sum([stage.tokens_in for stage in stages]),
            tokens_out=_sum([stage.tokens_out for stage in stages]),
            cost=None if None in costs else _sum([cost for cost in costs if cost is not None]),
        ),
    ]


def units_of(known: Known) -> list[Unit]:
    """Return the endpoints' models that were asked, each once and with some price."""
    found: dict[tuple[str, str], Unit] = {}
    for call in _calls_of(known):
        if call.unit is not None:
            found.setdefault((call.unit.model, call.unit.provider), call.unit)
    return list(found.values())


def _calls_of(known: Known) -> list[SeenCall]:
    return [
        call
        for each in known.read()
        for seen in [known.seen[each.id]]
        for calls in (*seen.sessions, seen.flush, *seen.questions.values())
        for call in calls
    ]


def _estimate(known: Known, stage: str, every: Sequence[SeenCall]) -> StageEstimate:
    calls = [call for call in every if call.stage == stage]

    def of(value: Callable[[SeenCall], float], *, by_images: bool = False) -> Figure:
        measure = OfCalls(lambda call: value(call) if call.stage == stage else 0.0, by_images)
        return project(known, measure)[0]

    def counted(call: SeenCall) -> bool:  # A refused call has no tokens, and costs nothing.
        return call.sent is not None

    came = of(lambda call: call.came or 0)
    sent = _tokens_in(
        calls,
        of(lambda call: float(counted(call))),
        of(lambda call: call.text if counted(call) else 0.0),
        of(lambda call: call.images if counted(call) else 0.0, by_images=True),
    )
    return StageEstimate(
        stage=stage,
        calls=of(lambda call: 1.0),
        tokens_in=sent,
        tokens_out=came,
        cost=_cost(calls, sent, came),
    )


def _tokens_in(calls: Sequence[SeenCall], number: Figure, text: Figure, images: Figure) -> Figure:
    """Return the tokens of requests: an amount for each, for a byte of text and for an image."""
    known = [call for call in calls if call.sent is not None]
    if not known:
        return Figure()
    growth = fit_growth(
        [(1.0, call.text, call.images) for call in known], [float(c.sent or 0) for c in known]
    )
    parts = zip((number, text, images), growth.coefficients, strict=True)
    projected = _sum([figure.times(factor) for figure, factor in parts])
    return replace(projected, seen=float(sum(call.sent or 0 for call in known)))


def _cost(calls: Sequence[SeenCall], sent: Figure, came: Figure) -> Figure | None:
    """Return the price of tokens at what they cost in the sample; None if that is unknown."""
    priced = [(call, call.unit) for call in calls if call.unit is not None]
    if not priced:
        return Figure()
    rates = [(call, unit.sent, unit.came) for call, unit in priced]
    if any(one is None or other is None for _, one, other in rates):
        return None
    total_in = sum(call.sent or 0 for call, _, _ in rates) or 1
    total_out = sum(call.came or 0 for call, _, _ in rates) or 1
    each_in = sum((call.sent or 0) * (rate or 0.0) for call, rate, _ in rates) / total_in
    each_out = sum((call.came or 0) * (rate or 0.0) for call, _, rate in rates) / total_out
    paid = sum(call.cost or 0.0 for call, _, _ in rates)
    return replace(sent.times(each_in) + came.times(each_out), seen=paid)


def _sum(figures: Sequence[Figure]) -> Figure:
    total = Figure()
    for figure in figures:
        total += figure
    return total
