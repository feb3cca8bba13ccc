"""Counts the requests that never got a reply, by conversation and stage.

An attempt that failed and succeeded when it was repeated cost time, but nothing is missing from the
system's memory or answers. A request is lost if none of its attempts got a reply.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .calls import FAILED_OUTCOMES, Call

__all__ = ["MOST_LOST", "LostRequests", "count_by_stage", "count_lost"]

MOST_LOST = 0.05
"""The largest share of a conversation's requests that may be lost in a clean run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostRequests:
    """The requests of a run, and those without any reply."""

    requests: int
    """The number of different requests."""
    lost: int
    """The number of requests none of whose attempts got a reply."""
    by_conversation: Mapping[str, Mapping[str, Mapping[str, int]]]
    """`requests` and `lost` by conversation and stage, of the conversations that lost any."""
    reasons: Mapping[str, int]
    """How the lost requests' last attempts ended, and how many did."""

    @property
    def clean(self) -> bool:
        """Whether no conversation lost more than the share `MOST_LOST` of its requests."""
        return not any(
            sum(stage["lost"] for stage in stages.values())
            > MOST_LOST * sum(stage["requests"] for stage in stages.values())
            for stages in self.by_conversation.values()
        )

    def to_json(self) -> dict[str, Any]:
        """Return the counts for run.json."""
        return {
            "clean": self.clean,
            "requests": self.requests,
            "lost": self.lost,
            "by_conversation": {
                name: {stage: dict(counts) for stage, counts in stages.items()}
                for name, stages in self.by_conversation.items()
            },
            "reasons": dict(self.reasons),
        }


def count_lost(calls: Iterable[Call]) -> LostRequests:
    """Count requests and lost requests; `calls` is in the order in which they ended."""
    last = _last_attempts(calls)
    lost = [call for call in last if call.outcome in FAILED_OUTCOMES]
    unlucky = {call.conversation for call in lost}
    by_conversation = {
        name: count_by_stage(call for call in last if call.conversation == name)
        for name in dict.fromkeys(call.conversation for call in last)
        if name in unlucky
    }
    return LostRequests(
        requests=len(last),
        lost=len(lost),
        by_conversation=by_conversation,
        reasons=dict(Counter(map(_reason, lost)).most_common()),
    )


def count_by_stage(calls: Iterable[Call]) -> dict[str, Mapping[str, int]]:
    """Return `requests` and `lost` by stage; `calls` is in the order in which they ended."""
    last = _last_attempts(calls)
    made = Counter(call.stage for call in last)
    lost = Counter(call.stage for call in last if call.outcome in FAILED_OUTCOMES)
    return {stage: {"requests": number, "lost": lost[stage]} for stage, number in made.items()}


def _last_attempts(calls: Iterable[Call]) -> list[Call]:
    """Return one call for each different request: the first that succeeded, or the last."""
    last: dict[tuple[str, str, str, str], Call] = {}
    for number, call in enumerate(calls):
        request = call.request_sha256 or f"call {number}"
        key = (call.conversation, call.stage, call.path, request)
        if call.method != "GET" and (key not in last or last[key].outcome in FAILED_OUTCOMES):
            last[key] = call
    return list(last.values())


def _reason(call: Call) -> str:
    words = call.outcome.replace("_", " ")
    return f"{words} {call.status}" if call.outcome == "http_error" and call.status else words
