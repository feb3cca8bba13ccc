"""The one gate for JSON, TOML and YAML that comes from outside: bounded, finite, with one meaning.

A text passes if every reader would see the same in it, and if reading it can't exhaust the
process: it is not nested deeply, has no key twice, no NaN or infinity, no number that other
programs can't hold, and not millions of values, which take gigabytes.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from locomo_vqa.keys import scrub

__all__ = ["MAX_NESTING", "MAX_VALUES", "BadValue", "check_value", "clean_text", "load_json"]

MAX_NESTING = 100
"""Deeper values are refused (our own formats need 9)."""

MAX_VALUES = 4_000_000
"""More values in one text are refused: each takes about 80 bytes of memory."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_DIGITS = 300


class BadValue(ValueError):
    """A text that can be parsed, but whose content must not be used."""


def clean_text(text: str) -> str:
    """Return a text without known keys, and with U+FFFD for lone surrogates, as in UTF-8."""
    return scrub(_SURROGATE.sub("\ufffd", text))


def load_json(text: str | bytes, *, any_number: bool = False) -> Any:
    """Parse JSON; lone surrogates become U+FFFD.

    With `any_number`, NaN, infinities and hundreds of digits are read as Python writes them.

    Raises:
        BadValue: it is nested too deeply, is too large, has a key twice, or a number that is not
            finite or has hundreds of digits.
        ValueError: it is not JSON.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")
    openings = text.count("[") + text.count("{")
    if openings + text.count(",") > MAX_VALUES:
        raise BadValue(f"it has more than {MAX_VALUES:,} values")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=None if any_number else _integer,
            parse_float=None if any_number else _finite,
            parse_constant=None if any_number else _not_finite,
        )
    except RecursionError:
        raise _too_deep() from None
    if openings > MAX_NESTING and _nesting_depth(value) > MAX_NESTING:
        raise _too_deep()
    return _without_surrogates(value) if "\\ud" in text.lower() else value


def check_value(value: Any) -> None:
    """Check what another parser made, such as TOML's, as `load_json` checks JSON.

    Raises:
        BadValue: it is nested too deeply, or has a number that is not finite.
    """
    if _nesting_depth(value) > MAX_NESTING:
        raise _too_deep()
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, float) and not math.isfinite(item):
            _not_finite(str(item))
        elif isinstance(item, dict):
            left += item.values()
        elif isinstance(item, list):
            left += item


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for number, name in enumerate(names) if name in names[:number])
        raise BadValue(f"the key {clean_text(twice)[:80]!r} appears twice in one object")
    return value


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise BadValue(f"the number {digits[:20]}… has more than {_MAX_DIGITS} digits")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        _not_finite(digits[:20])
    return value


def _not_finite(text: str) -> NoReturn:
    raise BadValue(f"the number {text} is not finite")


def _too_deep() -> BadValue:
    return BadValue(f"it is nested more than {MAX_NESTING} deep")


def _nesting_depth(value: Any) -> int:
    """Return how deeply lists and objects are nested, without recursion."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, list | dict)]:
        depth += 1
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    return value
