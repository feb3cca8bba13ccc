"""Defines the record of a system's call to the endpoint, a line of calls.jsonl."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from .stages import CallStage

__all__ = ["CALL_OUTCOMES", "FAILED_OUTCOMES", "Call", "CallOutcome", "Counted"]

CallOutcome = Literal[
    "ok", "http_error", "unreachable", "timeout", "broken", "client_gone", "refused"
]
"""The outcome of a call:

ok            the endpoint's complete reply came, with a status below 400; it is passed on, unless
              it can't be recorded, which ends the run
http_error    the endpoint answered with another status
unreachable   the endpoint can't be reached
timeout       no complete reply came in time
broken        the reply ended too early, or was not HTTP
client_gone   the system closed the connection before it had the complete reply
refused       the proxy refused the request: too large, a bad path, or never recorded
"""
CALL_OUTCOMES: tuple[CallOutcome, ...] = get_args(CallOutcome)

FAILED_OUTCOMES: frozenset[CallOutcome] = frozenset(CALL_OUTCOMES) - {"ok"}
"""The outcomes that left the system without a reply."""

Counted = Literal["usage", "approximated", "none"]
"""Where token counts come from: the endpoint's own count, our estimate, or nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A line of calls.jsonl."""

    time: str
    """The start time: UTC, to the microsecond."""
    conversation: str
    """The conversation's id."""
    stage: CallStage
    """The purpose of the call, according to the address."""
    method: str
    """The HTTP method."""
    path: str
    """The path from `/v1` on, without the query."""
    provider: str
    """The host and port of the endpoint."""
    model: str | None
    """The model named in the request."""
    status: int | None
    """The HTTP status that the system got, if any."""
    outcome: CallOutcome
    """The outcome of the call."""
    stream: bool
    """Whether the reply was a stream of events."""
    replayed: bool
    """Whether a recorded reply was used instead of asking the endpoint."""
    counted: Counted
    """Where the token counts come from."""
    input_tokens: int | None
    """Tokens sent, including `cached_tokens`."""
    cached_tokens: int | None
    """Input tokens from the endpoint's prefix cache, if it reports them."""
    output_tokens: int | None
    """Tokens received."""
    latency_ms: float
    """Wall time from the request's first byte to the reply's last one, in milliseconds."""
    first_byte_ms: float | None
    """Wall time to the first byte of a stream's body, in milliseconds."""
    request_bytes: int
    """The length of the request body."""
    reply_bytes: int
    """The length of the received part of the reply's body."""
    temperature: float | None = None
    """The temperature in the request; None if it leaves it to the endpoint."""
    seed: int | None = None
    """The seed in the request, if any."""
    instructions_sha256: str | None = None
    """The SHA-256 of the request's texts of the roles system and developer; None without any."""
    images: int = 0
    """The number of images in the request."""
    text_bytes: int | None = None
    """The UTF-8 bytes of the text in the request; None for a request that is not read."""
    answered: str | None = None
    """The model that the reply names, if it does."""
    request_sha256: str | None = None
    """The SHA-256 of the request's content: attempts at the same request have the same."""
