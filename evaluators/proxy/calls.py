"""One call of a system to the endpoint, as calls.jsonl has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from .stages import CallStage

__all__ = ["CALL_OUTCOMES", "FAILED_OUTCOMES", "Call", "CallOutcome", "Counted"]

CallOutcome = Literal[
    "ok", "http_error", "unreachable", "timeout", "broken", "client_gone", "refused"
]
"""What became of a call:

ok            the endpoint's reply, of a status below 400, was passed on whole
http_error    the endpoint answered with another status
unreachable   nobody answers there
timeout       no whole reply came in time
broken        the reply ended too early, or was no HTTP
client_gone   the system hung up before it had the whole reply
refused       the proxy refused: the request is too large, leads astray, or was never recorded
"""
CALL_OUTCOMES: tuple[CallOutcome, ...] = get_args(CallOutcome)

FAILED_OUTCOMES: frozenset[CallOutcome] = frozenset(CALL_OUTCOMES) - {"ok"}
"""The outcomes that left the system without a reply."""

Counted = Literal["usage", "approximated", "none"]
"""Where numbers of tokens are from: the endpoint's own count, our estimate, or nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A line of calls.jsonl."""

    time: str
    """When it began: UTC, to the millisecond."""
    conversation: str
    """The conversation's id."""
    stage: CallStage
    """What it was for, as the address said."""
    method: str
    """The HTTP method."""
    path: str
    """From `/v1` on, without the query."""
    provider: str
    """Host and port of the endpoint."""
    model: str | None
    """The model that the request named."""
    status: int | None
    """The status that the system got; None where it got none."""
    outcome: CallOutcome
    """What became of it."""
    stream: bool
    """Whether the reply was a stream of events."""
    replayed: bool
    """Whether a recorded reply was given, and the endpoint never asked."""
    counted: Counted
    """Where the numbers of tokens are from."""
    input_tokens: int | None
    """Tokens sent, those of `cached_tokens` among them."""
    cached_tokens: int | None
    """Input tokens that the endpoint had in its prefix cache, where it says so."""
    output_tokens: int | None
    """Tokens received."""
    latency_ms: float
    """Wall time from the request's first byte to the reply's last one, in milliseconds."""
    first_byte_ms: float | None
    """Wall time to the first byte of a stream's body, in milliseconds."""
    request_bytes: int
    """Length of the request's body."""
    reply_bytes: int
    """Length of the reply's body as far as it came."""
