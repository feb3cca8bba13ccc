"""Replies that have a key in no single text, though a reader could put it together."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .stub_upstream import Gives, as_json

__all__ = ["SPLIT"]

Split = Callable[[str], Gives]


def _halves(key: str) -> tuple[str, str]:
    return key[: len(key) // 2], key[len(key) // 2 :]


def _reply(**message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}
    return {"id": "x", "model": "m", "choices": [choice], "usage": {"prompt_tokens": 1}}


def _parts(key: str) -> dict[str, Any]:
    a, b = _halves(key)
    return _reply(content=[{"type": "text", "text": f"x{a}"}, {"type": "text", "text": b}])


def _raw(text: str, kind: str = "application/json", status: int = 200) -> Gives:
    return Gives(text.encode(), status, {"content-type": kind})


def _events(key: str, *, indexes: tuple[int, int] = (0, 0), between: str = "\n\n") -> str:
    said = [
        {"choices": [{"delta": {"content": text}, "index": index}]}
        for text, index in zip(_halves(key), indexes, strict=True)
    ]
    lines = [f"data: {json.dumps(event)}" for event in said]
    return between.join([*lines, "data: [DONE]", ""])


SPLIT: dict[str, Split] = {
    "parts": lambda key: as_json(_parts(key)),
    "parts before line breaks": lambda key: _raw(json.dumps(_parts(key)) + "\n" * 200),
    "parts under an escaped name": lambda key: _raw(
        json.dumps(_parts(key)).replace('"content"', '"c\\u006fntent"')
    ),
    "parts beside NaN": lambda key: _raw(json.dumps(_parts(key) | {"a": float("nan")})),
    "parts beside a name given twice": lambda key: _raw(
        json.dumps(_parts(key))[:-1] + ', "id": "y"}'
    ),
    "parts as audio": lambda key: _raw(json.dumps(_parts(key)), "audio/mpeg"),
    "thoughts and words": lambda key: as_json(
        _reply(content=_halves(key)[1], reasoning_content=_halves(key)[0])
    ),
    "a list as the error": lambda key: as_json({"error": {"message": [*_halves(key)]}}, 400),
    "a line break within": lambda key: as_json(_reply(content="\n".join(_halves(key)))),
    "a zero-width space within": lambda key: as_json(_reply(content="\u200b".join(_halves(key)))),
    "a stream as text": lambda key: _raw(_events(key), "text/plain"),
    "a stream of no type": lambda key: Gives(_events(key).encode()),
    "a stream without blank lines": lambda key: _raw(_events(key, between="\n"), "text/plain"),
    "a stream of two choices": lambda key: _raw(_events(key, indexes=(0, 1)), "text/event-stream"),
    "lines of JSON": lambda key: _raw(
        "\n".join(json.dumps({"response": half}) for half in _halves(key)), "application/x-ndjson"
    ),
    "UTF-16 as text": lambda key: Gives(
        f"bad {key}".encode("utf-16"), 400, {"content-type": "text/plain; charset=utf-16"}
    ),
    "UTF-32 as text": lambda key: Gives(f"bad {key}".encode("utf-32"), 400),
}
"""The replies by name, each for a key."""
