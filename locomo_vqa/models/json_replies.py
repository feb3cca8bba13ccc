"""Parses JSON that a model wrote, and tolerates slips that leave only one reading.

These are a raw line break or another control character within a string, a comma before a closing
bracket, a backslash before an apostrophe, and curly quotes around a string that has no other double
quotes. Anything else is an error. All of it is checked by
`locomo_vqa.json_gate`, and no text takes long to search.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from locomo_vqa.json_gate import BadValue, Budget, next_json

__all__ = ["json_values", "load_reply", "without_slips"]

_CURLY = "\u201c\u201d\u201e\u201f"
_TEXT_OR_COMMA = re.compile(
    r'(?P<text>"(?:[^"\\]++|\\.?)*+"?)|,(?P<rest>\s*[}\]])'
    rf'|[{_CURLY}](?P<curly>(?:[^"\\{_CURLY}]++|\\[^{_CURLY}])*+)[{_CURLY}](?=\s*+(?:[,:\]}}]|\Z))',
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_OPENING = re.compile(r"[{\[]")

_MAX_LENGTH = 500_000
_MAX_STARTS = 2000
_MAX_PARSED = 4_000_000
"""The most characters that a search parses, including those of failed attempts."""


def without_slips(text: str) -> str:
    """Return JSON with straight quotes around strings, and without the other slips.

    These are commas before closing brackets and backslashes before apostrophes.
    """

    def mended(found: re.Match[str]) -> str:
        if found["rest"] is not None:
            return str(found["rest"])
        text = found["text"] if found["curly"] is None else f'"{found["curly"]}"'
        return _ESCAPE.sub(lambda escape: "'" if escape[1] == "'" else escape[0], text)

    return _TEXT_OR_COMMA.sub(mended, text)


def load_reply(text: str) -> Any:
    """Return the value of a text that is JSON as a whole, apart from small slips.

    Raises:
        ValueError: it is not JSON, or must not be used.
    """
    try:
        return _whole(text, strict=True)
    except json.JSONDecodeError:
        return _whole(without_slips(text), strict=False)


def _whole(text: str, *, strict: bool) -> Any:
    _check_size(text)
    start = len(text) - len(text.lstrip())
    value, end = next_json(text, start, strict=strict)
    if text[end:].strip():
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def json_values(text: str, *, strict: bool = True) -> Iterator[Any | ValueError]:
    """Yield the JSON objects and lists within a text, and an error for each broken one.

    The search continues inside a broken one, but not inside a complete one. Without `strict`,
    strings may have control characters.
    """
    try:
        _check_size(text)
    except BadValue as error:
        yield error
        return
    parsed, place = 0, 0
    for _ in range(_MAX_STARTS):
        opening = _OPENING.search(text, place)
        if opening is None or parsed > _MAX_PARSED:
            return
        place = opening.start()
        try:
            value, end = next_json(text, place, strict=strict)
            yield value
            parsed, place = parsed + end - place, end
        except ValueError as error:
            yield error
            until = error.pos if isinstance(error, json.JSONDecodeError) else len(text)
            parsed, place = parsed + until - place, place + 1


def _check_size(text: str) -> None:
    if len(text) > _MAX_LENGTH:
        raise BadValue(f"it has more than {_MAX_LENGTH:,} characters")
    Budget().take(text)
