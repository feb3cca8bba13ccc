"""The totals of a run's calls, and what a conversation and a question cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..running.phases import Phases
from .calls import TimedCall

__all__ = ["RunTotals", "Totals", "totals_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over calls, or the same divided by a number.

    None means "unknown"; 0 is the sum of no calls.
    """

    calls: float
    """All calls, including failed ones, and those for embedding and judging."""
    failed: float
    """Calls without a reply."""
    estimated: float
    """Answered calls whose token counts are estimated by the proxy."""
    input_tokens: float | None
    """The known tokens of the prompts."""
    output_tokens: float | None
    """The known tokens of the replies; an embedding has none."""
    seconds: float | None
    """The known seconds of the calls that were not replayed."""
    cost_usd: float | None
    """The price in US dollars; None if that of a call is unknown, as for a model in the run's own
    process. A replayed call has the price that it had when it was made."""

    def divided(self, number: int) -> Totals:
        """Return the shares of a number of conversations or questions."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return Totals(**{name: value and value / number for name, value in values.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """What a run cost, in all, a conversation and a question."""

    all: Totals
    """The sums over all calls."""
    conversations: int | None
    """The number of conversations that were read; None without a journal."""
    questions: int | None
    """The number of questions that were asked; None without a journal."""
    per_conversation: Totals | None
    """The calls made while conversations were read, divided by `conversations`."""
    per_question: Totals | None
    """The calls made while questions were answered, divided by `questions`."""


def totals_of(calls: Sequence[TimedCall], phases: Phases | None) -> RunTotals:
    """Return the totals of a run's calls; without phases only those of all calls."""
    if phases is None:
        return RunTotals(
            all=_sum(calls),
            conversations=None,
            questions=None,
            per_conversation=None,
            per_question=None,
        )
    reading = [call for call in calls if phases.is_reading(call.conversation, call.time)]
    answering = [call for call in calls if not phases.is_reading(call.conversation, call.time)]
    read, asked = phases.conversations, phases.questions
    return RunTotals(
        all=_sum(calls),
        conversations=read,
        questions=asked,
        per_conversation=_sum(reading).divided(read) if read else None,
        per_question=_sum(answering).divided(asked) if asked else None,
    )


def _sum(calls: Sequence[TimedCall]) -> Totals:
    answered = [call for call in calls if call.ok]
    costs = [call.cost_usd for call in calls]
    priced = [cost for cost in costs if cost is not None]
    return Totals(
        calls=len(calls),
        failed=len(calls) - len(answered),
        estimated=sum(call.estimated for call in answered),
        input_tokens=_sum_known([call.input_tokens for call in answered]),
        output_tokens=_sum_known([call.output_tokens for call in answered]),
        seconds=_sum_known([call.seconds for call in answered]),
        cost_usd=sum(priced) if len(priced) == len(costs) else None,
    )


def _sum_known(values: Sequence[float | None]) -> float | None:
    """Return the sum of the known values: 0 of no values, None if all of them are unknown."""
    known = [value for value in values if value is not None]
    return sum(known) if known or not values else None
