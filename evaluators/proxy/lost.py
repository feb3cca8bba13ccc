"""Counts the requests that never got a reply, by conversation and stage.

An attempt that failed and succeeded when it was repeated cost time, but nothing is missing from the
system's memory or answers. A request is lost if none of its attempts got a reply.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .calls import FAILED_OUTCOMES, Call
from .model_calls import ModelCall

__all__ = [
    "MOST_LOST",
    "LostRequests",
    "count_by_stage",
    "count_by_stage_in_process",
    "count_lost",
    "count_lost_in_process",
]

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
    return _count(_attempts(calls))


def count_lost_in_process(calls: Iterable[tuple[str, ModelCall]]) -> LostRequests:
    """Count the requests to models in the run's own processes, each with its conversation."""
    return _count(_attempts_in_process(calls))


def count_by_stage(calls: Iterable[Call]) -> dict[str, Mapping[str, int]]:
    """Return `requests` and `lost` by stage; `calls` is in the order in which they ended."""
    return _by_stage(_last_attempts(_attempts(calls)))


def count_by_stage_in_process(
    calls: Iterable[tuple[str, ModelCall]],
) -> dict[str, Mapping[str, int]]:
    """Return `requests` and `lost` by stage, for models in the run's own processes."""
    return _by_stage(_last_attempts(_attempts_in_process(calls)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """One attempt at a request."""

    conversation: str
    stage: str
    request: str | None
    """What identifies the request; None if that is not known."""
    failure: str | None
    """How it ended without a reply; None if there was one."""


def _attempts(calls: Iterable[Call]) -> Iterator[_Attempt]:
    for call in calls:
        if call.method != "GET":
            failed = call.outcome in FAILED_OUTCOMES
            yield _Attempt(
                conversation=call.conversation,
                stage=call.stage,
                request=call.request_sha256 and f"{call.path} {call.request_sha256}",
                failure=_reason(call) if failed else None,
            )


def _attempts_in_process(calls: Iterable[tuple[str, ModelCall]]) -> Iterator[_Attempt]:
    for conversation, call in calls:
        yield _Attempt(
            conversation=conversation,
            stage=call.stage,
            request=call.request_sha256 and f"{call.model} {call.request_sha256}",
            failure=None if call.outcome == "ok" else "error",
        )


def _count(attempts: Iterable[_Attempt]) -> LostRequests:
    last = _last_attempts(attempts)
    lost = [attempt for attempt in last if attempt.failure is not None]
    unlucky = {attempt.conversation for attempt in lost}
    by_conversation = {
        name: _by_stage([attempt for attempt in last if attempt.conversation == name])
        for name in dict.fromkeys(attempt.conversation for attempt in last)
        if name in unlucky
    }
    return LostRequests(
        requests=len(last),
        lost=len(lost),
        by_conversation=by_conversation,
        reasons=dict(Counter(a.failure for a in lost if a.failure is not None).most_common()),
    )


def _by_stage(last: Sequence[_Attempt]) -> dict[str, Mapping[str, int]]:
    made = Counter(attempt.stage for attempt in last)
    lost = Counter(attempt.stage for attempt in last if attempt.failure is not None)
    return {stage: {"requests": number, "lost": lost[stage]} for stage, number in made.items()}


def _last_attempts(attempts: Iterable[_Attempt]) -> list[_Attempt]:
    """Return one attempt at each different request: the first that succeeded, or the last."""
    last: dict[tuple[str, str, str], _Attempt] = {}
    for number, attempt in enumerate(attempts):
        key = (attempt.conversation, attempt.stage, attempt.request or f"call {number}")
        if key not in last or last[key].failure is not None:
            last[key] = attempt
    return list(last.values())


def _reason(call: Call) -> str:
    words = call.outcome.replace("_", " ")
    return f"{words} {call.status}" if call.outcome == "http_error" and call.status else words
