"""Sums up a run's calls: overall, by stage, and by conversation."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .asked import Asked, what_was_asked
from .calls import FAILED_OUTCOMES, Call
from .ledger import read_calls
from .lost import LostRequests, count_lost
from .prices import PriceTable, bundled_prices

__all__ = ["CallSummary", "CallTotals", "Latency", "summarise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Percentiles of wall times in milliseconds, interpolated linearly."""

    n: int
    """The number of measurements."""
    p50: float
    """The median."""
    p90: float
    """The 90th percentile."""
    p99: float
    """The 99th percentile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTotals:
    """The totals of a group of calls.

    Replayed calls count in calls, tokens and cost as if they had been made, so that systems can be
    compared; `paid_usd` and the latencies exclude them.
    """

    calls: int
    """All calls, including failed ones."""
    failed: int
    """Calls for which the system got no reply."""
    replayed: int
    """Calls that were answered with a recorded reply."""
    approximated: int
    """Calls with estimated tokens."""
    uncounted: int
    """Successful calls with unknown tokens."""
    input_tokens: int
    """Tokens sent, if known."""
    cached_tokens: int
    """Tokens sent that came from the endpoint's prefix cache, as it reports."""
    output_tokens: int
    """Tokens received, if known."""
    cost_usd: float | None
    """The cost of all calls; None if one is unknown."""
    known_cost_usd: float | None
    """The total of all known costs; None if none is known."""
    paid_usd: float | None
    """The cost of all calls that were not replayed; None if one is unknown."""
    unpriced: int
    """Calls with unknown cost."""
    latency_ms: Latency | None
    """The time to the reply's last byte, for successful calls that were not replayed."""
    first_byte_ms: Latency | None
    """The time to a stream's first byte, for the same calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSummary:
    """The totals of a list of calls."""

    overall: CallTotals
    """The totals of all calls."""
    by_stage: Mapping[str, CallTotals]
    """The totals by stage."""
    by_conversation: Mapping[str, CallTotals]
    """The totals by conversation, in order of the first call."""
    unpriced_models: tuple[str, ...]
    """The models without a price in the table."""
    prices: str
    """The name of the price table, and its newest day."""
    lost: LostRequests
    """The requests that never got a reply."""
    asked: tuple[Asked, ...]
    """What the answered calls asked for."""

    def to_json(self) -> dict[str, Any]:
        """Return the summary as JSON."""
        return {
            **asdict(self),
            "lost": self.lost.to_json(),
            "asked": [asked.to_json() for asked in self.asked],
        }


def summarise(ledger: Path, *, prices: PriceTable | None = None) -> CallSummary:
    """Sum up a calls.jsonl, which may still be growing.

    Args:
        ledger: the calls.jsonl.
        prices: the table of prices; None for the bundled one.

    Raises:
        InputError: the file can't be read, or a line does not match its schema.
    """
    table = prices or bundled_prices()
    priced = [(call, table.cost_of(call)) for call in read_calls(ledger)]
    calls = [call for call, _ in priced]
    unknown = {call.model or "not named" for call, cost in priced if cost is None}
    return CallSummary(
        overall=_tally(priced),
        by_stage=_grouped(priced, lambda call: call.stage),
        by_conversation=_grouped(priced, lambda call: call.conversation),
        unpriced_models=tuple(sorted(unknown)),
        lost=count_lost(calls),
        asked=what_was_asked(calls),
        prices=f"{table.name} of {table.dated}",
    )


_Priced = tuple[Call, float | None]


def _grouped(priced: Iterable[_Priced], key: Callable[[Call], str]) -> dict[str, CallTotals]:
    groups: dict[str, list[_Priced]] = {}
    for call, cost in priced:
        groups.setdefault(key(call), []).append((call, cost))
    return {name: _tally(group) for name, group in groups.items()}


def _tally(priced: list[_Priced]) -> CallTotals:
    calls = [call for call, _ in priced]
    known = [cost for _, cost in priced if cost is not None]
    done = [call for call in calls if call.outcome == "ok"]
    made = [call for call in done if not call.replayed]
    streamed = [call.first_byte_ms for call in made if call.first_byte_ms is not None]
    return CallTotals(
        calls=len(calls),
        failed=sum(call.outcome in FAILED_OUTCOMES for call in calls),
        replayed=sum(call.replayed for call in calls),
        approximated=sum(call.counted == "approximated" for call in calls),
        uncounted=sum(call.counted == "none" and call.method != "GET" for call in done),
        input_tokens=sum(call.input_tokens or 0 for call in calls),
        cached_tokens=sum(call.cached_tokens or 0 for call in calls),
        output_tokens=sum(call.output_tokens or 0 for call in calls),
        cost_usd=_sum(cost for _, cost in priced),
        known_cost_usd=math.fsum(known) if known else None,
        paid_usd=_sum(0.0 if call.replayed else cost for call, cost in priced),
        unpriced=len(priced) - len(known),
        latency_ms=_latency([call.latency_ms for call in made]),
        first_byte_ms=_latency(streamed),
    )


def _sum(costs: Iterable[float | None]) -> float | None:
    """Return the exact sum, whatever the order; None if a cost is unknown."""
    every = list(costs)
    known = [cost for cost in every if cost is not None]
    return math.fsum(known) if len(known) == len(every) else None


def _latency(times: list[float]) -> Latency | None:
    if not times:
        return None
    cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    return Latency(n=len(times), p50=cuts[49], p90=cuts[89], p99=cuts[98])
