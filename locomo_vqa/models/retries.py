"""What a failed call to an endpoint means, and how long to wait before the next.

The clients' own retries are switched off: each attempt must count against the limit of requests in
flight (see `locomo_vqa.models.limiter`), which neither they nor a retrying library know about.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from locomo_vqa.files import clean_text
from locomo_vqa.http_bodies import BadBody
from locomo_vqa.models.chat import (
    ModelDenied,
    ModelError,
    ModelFailed,
    ModelTimeout,
    ModelUnreachable,
)
from locomo_vqa.models.clients import proxy_of
from locomo_vqa.notes import note_wait
from locomo_vqa.retry_after import retry_after_s
from locomo_vqa.split_keys import has_split_key

if TYPE_CHECKING:
    from openai import APIStatusError

__all__ = [
    "MAX_WAIT_S",
    "NO_KEY_HEADER",
    "REFUSED",
    "REPEATS_KEY",
    "SPENT",
    "Fault",
    "backoff_s",
    "fault_of",
    "is_passing",
    "server_wait_s",
    "wait_before_retry",
]

NO_KEY_HEADER = "x-locomo-vqa-no-key"
"""The header in which the metering proxy says that it sent no key, and how to send one."""

REPEATS_KEY = "it repeats the key"
"""What is said in place of a reply that has the key in several parts."""

MAX_WAIT_S = 60.0
"""The longest wait between two attempts, even if the server asks for more."""

_FIRST_WAIT_S = 0.5
_AGAIN = frozenset({408, 409, 429})
_TOO_MANY = 429
_BUSY = frozenset({_TOO_MANY, 503})
_DENIED = frozenset({401, 402, 403, 404})
REFUSED = frozenset({400, 413, 422})
"""Statuses that refuse a request because of its content."""
_WANTS_KEY = frozenset({401, 403})
SPENT = ("insufficient_quota", "billing_hard_limit_reached", "quota_exceeded")
_LOST = frozenset({"upstream_unreachable", "upstream_broken"})
_LATE = "upstream_timeout"
"""Codes of the metering proxy for what a direct call reports as no connection or no reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A call that got no reply."""

    error: ModelError
    """The error to raise if the request is not retried."""
    again: bool
    """Whether another attempt may succeed."""
    busy: bool = False
    """Whether the server is overloaded."""
    wait_s: float | None = None
    """How many seconds the server asks to wait, or is known to need."""
    refusal: str | None = None
    """The server's message if it refuses the form of the request (400, 413 or 422)."""

    def after(self, tries: int, seconds: float) -> ModelError:
        """Return the error to raise after that many tries, which it states for a busy server."""
        if not self.busy or tries < 2 or isinstance(self.error, ModelTimeout):
            return self.error
        return type(self.error)(f"{self.error} (tried {tries} times in {seconds:.0f} s)")


def is_passing(status: int) -> bool:
    """Return whether another attempt may succeed after that status."""
    return status in _AGAIN or status >= 500


def fault_of(
    error: Exception, *, timeout_s: float, url: str = "", no_key: str | None = None
) -> Fault:
    """Classify an exception of the client library, or of reading its result.

    `url` is where the call went: a network proxy on the way is named. `no_key` is what to say where
    a key is wanted.
    """
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, TimeoutError | APITimeoutError):
        late = ModelTimeout(f"no reply in {timeout_s:g} s")
        return Fault(error=late, again=True, busy=True)
    if isinstance(error, APIConnectionError):
        cause = error.__cause__ or error
        if isinstance(cause, BadBody):
            return Fault(error=ModelFailed(f"the endpoint failed: {cause}"), again=False)
        proxy = proxy_of(url) if url else None
        way = f" through the proxy {proxy}" if proxy else ""
        lost = ModelUnreachable(
            f"no connection{way}: {clean_text(str(cause)) or type(cause).__name__}"
        )
        return Fault(error=lost, again=True)
    if isinstance(error, APIStatusError):
        return _of_status(error, no_key)
    failed = ModelFailed(f"the endpoint failed: {clean_text(str(error))[:300]}")
    return Fault(error=failed, again=False)


def _of_status(error: APIStatusError, no_key: str | None) -> Fault:
    status, headers = error.status_code, error.response.headers
    code: object = error.code  # Taken from the body, so it may be of any type.
    text = _text_of(error)
    words = f"the endpoint failed: {text[:300]}"
    no_key = no_key or clean_text(headers.get(NO_KEY_HEADER, ""))[:300]
    if status in _WANTS_KEY and no_key:
        words = f"{words}. {no_key}"
    failed: ModelError = ModelFailed(words)
    spent = status == _TOO_MANY and (code in SPENT or error.type in SPENT)
    if isinstance(code, str) and code in _LOST:
        failed = ModelUnreachable(words)
    elif code == _LATE:
        failed = ModelTimeout(words)
    elif spent:
        failed = ModelDenied(f"the quota is used up: {_said(error)}")
    elif status in _DENIED and not _is_hopeless(headers):
        failed = ModelDenied(words)
    elif status == _TOO_MANY:
        failed = ModelFailed(f"the endpoint limits the requests (429): {_said(error)}")
    return Fault(
        error=failed,
        again=is_passing(status) and not spent and not _is_hopeless(headers),
        busy=status in _BUSY,
        wait_s=server_wait_s(headers),
        refusal=text if status in REFUSED else None,
    )


def _text_of(error: APIStatusError) -> str:
    """Return what the error says, unless the key could be put together from it."""
    if has_split_key(error.response.content):
        return f"status {error.status_code}, and {REPEATS_KEY}"
    return clean_text(str(error))


def _said(error: APIStatusError) -> str:
    """Return the server's own words, and how long it asks to wait if that is too long."""
    body = error.body
    words = body.get("message") if isinstance(body, Mapping) else None
    said = _text_of(error)
    if REPEATS_KEY not in said and isinstance(words, str) and words:
        said = clean_text(words)
    said = said[:300]
    seconds = retry_after_s(error.response.headers.get("retry-after", ""))
    long = seconds is not None and seconds > MAX_WAIT_S
    return f"{said} (it asks for {seconds:,.0f} s)" if long else said


def _is_hopeless(headers: Mapping[str, str]) -> bool:
    """Return whether the server says that retrying is useless, as OpenAI's servers do."""
    return headers.get("x-should-retry") == "false"


def server_wait_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a Retry-After header asks for, at most `MAX_WAIT_S`, or None."""
    seconds = retry_after_s(headers.get("retry-after", ""))
    return None if seconds is None else min(MAX_WAIT_S, seconds)


def backoff_s(attempt: int) -> float:
    """Return the seconds to wait after the `attempt`-th failure, from 1: doubling, with jitter."""
    longest: float = min(MAX_WAIT_S / 2, _FIRST_WAIT_S * 2.0 ** (attempt - 1))
    return longest * random.uniform(0.5, 1.0)


async def wait_before_retry(fault: Fault, attempt: int) -> None:
    """Wait after the `attempt`-th failure, and say so if it is the server that makes it wait."""
    seconds = backoff_s(attempt) if fault.wait_s is None else fault.wait_s
    if fault.busy or fault.wait_s is not None:
        note_wait(str(fault.error), seconds)
    await asyncio.sleep(seconds)
