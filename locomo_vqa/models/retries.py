"""What a failed call to an endpoint means, and how long to wait before the next.

The clients' own retries are switched off: each try must count against the limit of requests in
flight (see `locomo_vqa.models.limiter`), which neither they nor a retrying library know about.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from locomo_vqa.files import clean_text
from locomo_vqa.models.chat import ModelError, ModelFailed, ModelTimeout, ModelUnreachable
from locomo_vqa.retry_after import retry_after_s

__all__ = ["MAX_WAIT_S", "Fault", "backoff_s", "fault_of", "server_wait_s"]

MAX_WAIT_S = 60.0
"""The longest wait between two tries, whatever the server asks for."""

_FIRST_WAIT_S = 0.5
_AGAIN = frozenset({408, 409, 429})
_BUSY = frozenset({429, 503})
_LOST = frozenset({"upstream_unreachable", "upstream_broken"})
_LATE = "upstream_timeout"
"""Codes of the metering proxy, for what a direct call reports as no connection or no reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A call without a reply."""

    error: ModelError
    """What to raise if it is not tried again."""
    again: bool
    """Whether another try may succeed."""
    busy: bool = False
    """Whether the server is overloaded."""
    wait_s: float | None = None
    """How long the server asks to wait."""


def fault_of(error: Exception, *, timeout_s: float) -> Fault:
    """Classify an exception of the client library, or of reading its result."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, TimeoutError | APITimeoutError):
        late = ModelTimeout(f"no reply in {timeout_s:g} s")
        return Fault(error=late, again=True, busy=True)
    if isinstance(error, APIConnectionError):
        cause = error.__cause__ or error
        lost = ModelUnreachable(f"no connection: {str(cause) or type(cause).__name__}")
        return Fault(error=lost, again=True)
    failed: ModelError = ModelFailed(clean_text(f"the endpoint failed: {str(error)[:300]}"))
    if isinstance(error, APIStatusError):
        status = error.status_code
        code: object = error.code  # It comes from the body, so it may be anything.
        if isinstance(code, str) and code in _LOST:
            failed = ModelUnreachable(str(failed))
        elif code == _LATE:
            failed = ModelTimeout(str(failed))
        return Fault(
            error=failed,
            again=(status in _AGAIN or status >= 500) and not _hopeless(error.response.headers),
            busy=status in _BUSY,
            wait_s=server_wait_s(error.response.headers),
        )
    return Fault(error=failed, again=False)


def _hopeless(headers: Mapping[str, str]) -> bool:
    """Return whether the server says that another try is useless, as OpenAI's servers do."""
    return headers.get("x-should-retry") == "false"


def server_wait_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a Retry-After header asks for, at most `MAX_WAIT_S`, or None."""
    seconds = retry_after_s(headers.get("retry-after", ""))
    return None if seconds is None else min(MAX_WAIT_S, seconds)


def backoff_s(attempt: int) -> float:
    """Return the seconds to wait after the `attempt`-th failure, from 1: doubling, with jitter."""
    longest: float = min(MAX_WAIT_S / 2, _FIRST_WAIT_S * 2.0 ** (attempt - 1))
    return longest * random.uniform(0.5, 1.0)
