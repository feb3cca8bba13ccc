"""Counts the tokens of a call: by the endpoint's count, otherwise by an estimate, marked as one.

The estimate is the UTF-8 length of all text sent or received, divided by four and rounded up: four
bytes are about a token in English. It excludes images, audio and files, and tokens that a chat
template adds. It needs no tokenizer, which would depend on the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from locomo_vqa.json_gate import load_json

from .calls import Counted
from .events import events

__all__ = [
    "EMBEDDINGS",
    "METERED",
    "UNCOUNTED",
    "TokenCounts",
    "count_tokens",
    "text_bytes_sent",
]

EMBEDDINGS = "/embeddings"
"""The path under /v1 of requests for embeddings."""

METERED = frozenset({"/chat/completions", "/completions", EMBEDDINGS, "/responses"})
"""The paths under /v1 whose tokens are counted; other calls are only counted as calls."""

BYTES_A_TOKEN = 4
"""The estimated number of bytes per token."""

_SENT = ("messages", "prompt", "input", "instructions", "tools", "functions")
_NO_WORDS = frozenset(
    {"type", "role", "id", "object", "index", "finish_reason", "logprobs", "call_id", "status"}
    | {"tool_call_id", "url", "image_url", "data", "file_data", "file_id", "detail", "format"}
)
_LARGE = 1 << 16
_MOST_PARSED = 16 << 20
"""Of a longer reply only the endpoint's own count is read, at its end."""
_MOST_TOKENS = 1 << 40
_TAIL = 4096
_USAGE = re.compile(rb'"usage"\s*:\s*(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})')


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """The tokens of one call; None means "unknown"."""

    counted: Counted
    """Where the counts come from."""
    input: int | None
    """Tokens sent."""
    cached: int | None
    """Tokens sent that came from the endpoint's prefix cache, if it reports them."""
    output: int | None
    """Tokens received."""


UNCOUNTED = TokenCounts(counted="none", input=None, cached=None, output=None)
"""The tokens of a call that can't be counted."""


Body = bytes | bytearray


def count_tokens(path: str, request: Any, reply: Body | None, *, stream: bool) -> TokenCounts:
    """Count the tokens of a call.

    Args:
        path: the path after /v1.
        request: the parsed request body; None if it is not JSON.
        reply: the received part of the reply's body; None if it can't be read.
        stream: whether the reply is a stream of events.
    """
    if path not in METERED or not isinstance(request, dict):
        return UNCOUNTED
    embedding = path == "/embeddings"
    too_long = reply is not None and len(reply) > _MOST_PARSED
    long = reply is not None and len(reply) > (_LARGE if embedding else _MOST_PARSED)
    usage = _usage_of_tail(reply) if long else None
    if too_long:
        reply = None
    if usage is None:
        usage = next(filter(None, map(_usage, _json_documents(reply, stream))), None)
    if usage is None:  # The reply's beginning was too long to keep, or its end did not come.
        usage = _usage_of_tail(reply) or {}
    sent = _first_number(usage, "prompt_tokens", "input_tokens")
    came = 0 if embedding else _first_number(usage, "completion_tokens", "output_tokens")
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    cached = _first_number(details, "cached_tokens") if isinstance(details, dict) else None
    known = sent is not None and came is not None
    if sent is None:
        sent = _estimate(text_bytes_sent(request))
    if came is None:
        came = _estimated_reply(reply, stream)
    return TokenCounts(
        counted="usage" if known else "approximated",
        input=sent,
        cached=None if cached is None else min(cached, sent),
        output=came,
    )


def text_bytes_sent(request: Mapping[str, Any]) -> int:
    """Return the UTF-8 bytes of the text in a parsed request."""
    return sum(_text_bytes(request.get(name)) for name in _SENT)


def _json_documents(reply: Body | None, stream: bool) -> Iterator[Any]:
    if not reply:
        return iter(())
    return events(reply) if stream else iter([_parse_or_none(reply)])


def _estimated_reply(reply: Body | None, stream: bool) -> int | None:
    """Return the estimate for a reply's text; None if it can't be read."""
    documents = [item for item in _json_documents(reply, stream) if isinstance(item, dict)]
    return _estimate(sum(map(_reply_bytes, documents))) if documents else None


def _usage_of_tail(reply: Body | None) -> dict[str, Any] | None:
    """Return the usage at the end of a long list of vectors, without parsing the vectors."""
    match = _USAGE.search(reply[-_TAIL:]) if reply else None
    usage = _parse_or_none(match[1]) if match else None
    return usage if isinstance(usage, dict) else None


def _usage(document: Any) -> dict[str, Any] | None:
    if not isinstance(document, dict):
        return None
    inner = document.get("response")
    usage = document.get("usage") or (inner.get("usage") if isinstance(inner, dict) else None)
    return usage if isinstance(usage, dict) else None


def _first_number(usage: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = usage.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_TOKENS:
            return value
    return None


def _reply_bytes(document: Mapping[str, Any]) -> int:
    """Return the bytes of text in a reply, or in one event of a stream."""
    delta = document.get("delta")
    if isinstance(delta, str):  # An event of /responses; the last one repeats the whole text.
        return len(delta.encode("utf-8", "replace"))
    return _text_bytes(document.get("choices")) + _text_bytes(document.get("output"))


def _text_bytes(value: Any) -> int:
    """Return the bytes of all strings in a value; a number in a list is a prompt token."""
    return sum(_text_sizes(value))


def _text_sizes(value: Any) -> Iterator[int]:
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield 0 if item.startswith("data:") else len(item.encode("utf-8", "replace"))
        elif isinstance(item, dict):
            left += [child for name, child in item.items() if name not in _NO_WORDS]
        elif isinstance(item, list):
            numbers = sum(isinstance(child, int) for child in item)
            yield BYTES_A_TOKEN * numbers
            left += [child for child in item if not isinstance(child, int)]


def _estimate(size: int) -> int:
    return -(-size // BYTES_A_TOKEN)


def _parse_or_none(text: Body) -> Any:
    try:
        return load_json(text)
    except ValueError:
        return None
