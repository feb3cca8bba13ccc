"""How an endpoint differs from others: learned from its first refusal, and remembered.

Servers of the chat-completions API differ: newer models take `max_completion_tokens` and only the
default temperature, some have no `response_format` or no lists of types in a schema, some answer
as a stream only. Each says so with status 400; the request is then written another way and sent
again. What was learned holds for the endpoint's host and the model, as long as the process lives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from locomo_vqa.models.endpoint import provider_of
from locomo_vqa.system import Endpoint

__all__ = ["Dialect", "dialect_of", "forget_dialects"]

_Body = dict[str, Any]


def _rename_limit(body: _Body) -> None:
    body["max_completion_tokens"] = body.pop("max_tokens")


def _without_lists_of_types(value: Any) -> Any:
    """Return a schema in which `anyOf` stands for a list of types."""
    if isinstance(value, list):
        return [_without_lists_of_types(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _without_lists_of_types(item) for key, item in value.items()}
    if isinstance(found.get("type"), list):
        found["anyOf"] = [{"type": kind} for kind in found.pop("type")]
    return found


def _split_types(body: _Body) -> None:
    body["response_format"] = _without_lists_of_types(body["response_format"])


def _as_stream(body: _Body) -> None:
    body["stream"] = True
    body["stream_options"] = {"include_usage": True}


def _drop(key: str) -> Callable[[_Body], None]:
    def dropped(body: _Body) -> None:
        body.pop(key, None)

    return dropped


def _has_lists_of_types(body: Mapping[str, Any]) -> bool:
    form = body.get("response_format")
    return bool(_without_lists_of_types(form) != form)


_REFUSES = re.compile(
    r"support|unknown|unexpected|unrecogni[sz]ed|invalid|permitted|allowed|deprecated|extra|only|must",
    re.IGNORECASE,
)
"""A message without such a word may speak of a parameter only because it quotes the question."""

_CHANGES: Mapping[str, tuple[re.Pattern[str], Callable[[_Body], bool], Callable[[_Body], None]]] = {
    "max_completion_tokens": (
        re.compile(r"max_completion_tokens|max_tokens\W.*(?:unsupported|not supported)", re.I),
        lambda body: "max_tokens" in body,
        _rename_limit,
    ),
    "no stream_options": (
        re.compile(r"stream_options", re.I),
        lambda body: "stream_options" in body,
        _drop("stream_options"),
    ),
    "stream": (
        re.compile(r"\bstream", re.I),
        lambda body: "stream" not in body,
        _as_stream,
    ),
    "no temperature": (
        re.compile(r"temperature", re.I),
        lambda body: "temperature" in body,
        _drop("temperature"),
    ),
    "no seed": (
        re.compile(r"\bseed\b", re.I),
        lambda body: "seed" in body,
        _drop("seed"),
    ),
    "no lists of types": (
        re.compile(r"schema|response_format|anyOf|\btypes?\b", re.I),
        _has_lists_of_types,
        _split_types,
    ),
    "no response_format": (
        re.compile(r"schema|response_format|json|guided|structured", re.I),
        lambda body: "response_format" in body,
        _drop("response_format"),
    ),
}
"""By name: what the refusal says, which requests it can be about, and how to write them instead."""


class Dialect:
    """How requests to one model of one endpoint are written."""

    def __init__(self) -> None:
        self.learned: list[str] = []
        """The changes, in the order in which they were learned."""

    def apply(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request as this endpoint wants it."""
        written = dict(body)
        for name in self.learned:
            _, fits, change = _CHANGES[name]
            if fits(written):
                change(written)
        return written

    def learn(self, sent: Mapping[str, Any], refusal: str) -> bool:
        """Return whether a refusal, in the endpoint's words, says how to write `sent` instead."""
        if not _REFUSES.search(refusal):
            return False
        for name, (words, fits, _) in _CHANGES.items():
            if fits(dict(sent)) and words.search(refusal):
                if name not in self.learned:
                    self.learned.append(name)
                return True
        return False


_KNOWN: dict[tuple[str, str], Dialect] = {}


def dialect_of(endpoint: Endpoint) -> Dialect:
    """Return what this process knows of an endpoint and model."""
    return _KNOWN.setdefault((provider_of(endpoint), endpoint.model), Dialect())


def forget_dialects() -> None:
    """Forget what was learned, as a new process has."""
    _KNOWN.clear()
