"""How an endpoint differs from others: learned from its first refusal, and remembered.

Servers of the chat-completions API differ: newer models take `max_completion_tokens` and only the
default temperature, some have no `response_format` or no lists of types in a schema, some only
answer as a stream. Each says so with status 400; the request is then written differently and sent
again. What made a request succeed applies to the endpoint's host and the model, and is remembered
for later commands (see `endpoint_memory`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from locomo_vqa.models.endpoint import provider_of
from locomo_vqa.models.endpoint_memory import keep_learned, learned_before
from locomo_vqa.system import Endpoint

__all__ = ["Dialect", "Wording", "dialect_of", "forget_dialects"]

_Body = dict[str, Any]


def _rename_limit(body: _Body) -> None:
    body["max_completion_tokens"] = body.pop("max_tokens")


def _without_lists_of_types(value: Any) -> Any:
    """Return a schema with `anyOf` in place of each list of types."""
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
    r"support|unknown|unexpected|unrecogni[sz]ed|invalid|illegal|incorrect|permitted|allowed|forbidden"
    r"|accept|available|implemented|enable|deprecated|extra|only|must|should",
    re.IGNORECASE,
)
"""A message without such a word may mention a parameter only because it quotes the question."""

_CHANGES: Mapping[str, tuple[re.Pattern[str], Callable[[_Body], bool], Callable[[_Body], None]]] = {
    "max_completion_tokens": (
        re.compile(r"max_completion_tokens|max_tokens\W.*(?:unsupported|not supported)", re.I),
        lambda body: "max_tokens" in body,
        _rename_limit,
    ),
    "stream": (
        re.compile(r"\bstream", re.I),
        lambda body: "stream" not in body,
        _as_stream,
    ),
    "no stream_options": (
        re.compile(r"stream_options", re.I),
        lambda body: "stream_options" in body,
        _drop("stream_options"),
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
    "no encoding_format": (
        re.compile(r"encoding_format", re.I),
        lambda body: "encoding_format" in body,
        _drop("encoding_format"),
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
"""Changes by name, in the order in which they are made: what the refusal says, which requests it
can be about, and how to write them instead."""


class Dialect:
    """How requests to one model of one endpoint are written, as far as this is known."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        before = learned_before(endpoint).get(_KEPT_AS)
        names = before if isinstance(before, list) else []
        self.changes: tuple[str, ...] = tuple(name for name in _CHANGES if name in names)
        """The names of the changes made to every request, in the order of `_CHANGES`."""
        self.proven = not self.changes
        """Whether a request from this process succeeded with them."""

    def settle(self, changes: Iterable[str], *, instead: bool = False) -> None:
        """Note that a request succeeded with these changes; with `instead`, others are dropped."""
        self.proven = True
        kept = set() if instead else {*self.changes}
        found = tuple(name for name in _CHANGES if name in {*kept, *changes})
        if found != self.changes:
            self.changes = found
            keep_learned(self._endpoint, {_KEPT_AS: list(found)})


class Wording:
    """How one request is written, and rewritten after a refusal.

    Changes learned from a refusal count only once the request succeeds with them. Changes that an
    earlier command learned are forgotten if a request is refused with them and succeeds without.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._changes = set(dialect.changes)
        self._doubted = dialect.proven or not dialect.changes
        self._forgot = False

    def write(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request in the form that this endpoint accepts."""
        written = dict(body)
        for name, (_, fits, change) in _CHANGES.items():
            if name in self._changes and fits(written):
                change(written)
        return written

    def revise(self, sent: Mapping[str, Any], refusal: str) -> bool:
        """Return whether to rewrite a refused request, going by the endpoint's words."""
        if _REFUSES.search(refusal):
            for name, (words, fits, _) in _CHANGES.items():
                if name not in self._changes and fits(dict(sent)) and words.search(refusal):
                    self._changes.add(name)
                    return True
        if self._doubted:
            return False
        self._changes, self._doubted, self._forgot = set(), True, True
        return True

    def succeeded(self) -> None:
        """Note that the endpoint accepted the last version of the request."""
        self._dialect.settle(self._changes, instead=self._forgot)


_KEPT_AS = "changes"
_MOST_KNOWN = 1000
_KNOWN: dict[tuple[str, str], Dialect] = {}


def dialect_of(endpoint: Endpoint) -> Dialect:
    """Return what is known about an endpoint and model."""
    key = (provider_of(endpoint), endpoint.model)
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:  # A system may name any number of models.
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[key] = Dialect(endpoint)
    return _KNOWN[key]


def forget_dialects() -> None:
    """Forget what this process knows about endpoints, as if in a new process."""
    _KNOWN.clear()
