"""The figures of a group of calls: tokens and seconds per call, tokens per second."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .calls import StageSums, TimedCall

__all__ = ["Figures", "Means", "figures_of", "figures_of_sums", "mean_of_stages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The figures of MemLoRA's tables; each is None if there is no data, never 0."""

    input_tokens: float | None
    """Tokens per prompt: the mean over answered calls (table A6)."""
    output_tokens: float | None
    """Tokens per reply: the mean over answered calls (tables 3, tok/ans, and A7)."""
    seconds: float | None
    """Seconds per call: the mean over answered calls that were not replayed (table 3, s/ans).
    """
    tokens_per_second: float | None
    """Output tokens of all calls whose tokens and seconds are both known, divided by their seconds
    (table 3, tok/s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Means):
    """The figures of a group of calls, with the number of calls."""

    calls: int
    """The number of calls, including failed ones."""
    failed: int
    """Calls without a reply; no other figure includes them."""
    replayed: int
    """Calls answered with a stored reply: their tokens count, their time does not."""
    estimated: int
    """Answered calls whose token counts are estimated by the proxy."""
    timed: int
    """Calls whose duration is known."""
    seconds_p50: float | None
    """The median duration of the timed calls."""
    seconds_p95: float | None
    """The 95th percentile of the duration, with linear interpolation as in numpy."""
    largest_batch: int | None
    """The largest batch; each request in a batch has an equal share of its duration."""


def figures_of(calls: Sequence[TimedCall]) -> Figures:
    """Return the figures of a group of calls."""
    answered = [call for call in calls if call.ok]
    seconds = [call.seconds for call in answered if call.seconds is not None]
    both = [
        (call.output_tokens, call.seconds)
        for call in answered
        if call.output_tokens is not None and call.seconds is not None
    ]
    p50, p95 = _percentiles(seconds)
    return Figures(
        input_tokens=_mean([call.input_tokens for call in answered]),
        output_tokens=_mean([call.output_tokens for call in answered]),
        seconds=_mean(seconds),
        tokens_per_second=_ratio(sum(made for made, _ in both), sum(took for _, took in both)),
        calls=len(calls),
        failed=len(calls) - len(answered),
        replayed=sum(call.replayed for call in answered),
        estimated=sum(call.estimated for call in answered),
        timed=len(seconds),
        seconds_p50=p50,
        seconds_p95=p95,
        largest_batch=max((call.batch for call in answered if call.batch), default=None),
    )


def figures_of_sums(stages: Sequence[StageSums]) -> Figures:
    """Return the figures of the totals by stage, which have no durations."""
    counted = sum(stage.counted for stage in stages)
    return Figures(
        input_tokens=_ratio(sum(stage.input_tokens for stage in stages), counted),
        output_tokens=_ratio(sum(stage.output_tokens for stage in stages), counted),
        seconds=None,
        tokens_per_second=None,
        calls=sum(stage.calls for stage in stages),
        failed=0,
        replayed=0,
        estimated=0,
        timed=0,
        seconds_p50=None,
        seconds_p95=None,
        largest_batch=None,
    )


def mean_of_stages(stages: Sequence[Figures]) -> Means:
    """Return the mean of each figure over stages; None if a stage lacks it."""

    def mean(values: Sequence[float | None]) -> float | None:
        return None if None in values else _mean(values)

    return Means(
        input_tokens=mean([stage.input_tokens for stage in stages]),
        output_tokens=mean([stage.output_tokens for stage in stages]),
        seconds=mean([stage.seconds for stage in stages]),
        tokens_per_second=mean([stage.tokens_per_second for stage in stages]),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _ratio(total: float, by: float) -> float | None:
    return total / by if by > 0 else None


def _percentiles(values: Sequence[float]) -> tuple[float | None, float | None]:
    if not values:
        return None, None
    if len(values) == 1:
        return values[0], values[0]
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[94]
