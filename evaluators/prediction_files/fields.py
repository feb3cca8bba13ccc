"""Reads the fields of a row: by any of several names, by a dotted path, as text or a number."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .keys import ID_KEYS, PREDICTION_KEYS, QUESTION_KEYS, snake

__all__ = [
    "at_path",
    "first_text",
    "gold_text",
    "is_nan",
    "is_row",
    "nested_texts",
    "plain_keys",
    "shown",
    "text_or_number",
    "whole_number",
]

_DIGITS = re.compile(r"\d{1,6}")
_MOST_INNER = 200
_ROW_NAMES = frozenset({*QUESTION_KEYS, *PREDICTION_KEYS, *ID_KEYS[:3]})


def plain_keys(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with its keys in snake case; of two that are the same, the first stays."""
    plain: dict[str, Any] = {}
    for name, value in fields.items():
        plain.setdefault(snake(name), value)
    return plain


def is_row(value: Mapping[str, Any], keys: Sequence[str] = ()) -> bool:
    """Return whether an object is a row and not a container of rows.

    `keys` are keys or dotted paths of texts that also make a row.
    """
    if any(text_or_number(at_path(value, key)) is not None for key in keys):
        return True
    return any(isinstance(v, str) and snake(name) in _ROW_NAMES for name, v in value.items())


def at_path(fields: Mapping[str, Any], path: str) -> Any:
    """Return the value at a key, or at a path of keys and list positions joined by dots."""
    if path in fields:
        return fields[path]
    value: Any = fields
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and _DIGITS.fullmatch(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def nested_texts(fields: Mapping[str, Any], *, depth: int = 3) -> Iterator[tuple[str, str]]:
    """Yield (dotted path, text) of each string in the objects that a row contains."""
    for name, value in list(fields.items())[:_MOST_INNER]:
        if isinstance(value, Mapping) and depth:
            for inner, item in list(value.items())[:_MOST_INNER]:
                if isinstance(item, str):
                    yield f"{name}.{inner}", item
            for path, item in nested_texts(value, depth=depth - 1):
                yield f"{name}.{path}", item


def shown(text: str, most: int = 60) -> str:
    """Return the beginning of a text from a file, in a form that is safe to print."""
    return text[:most] if text[:most].isprintable() else ascii(text[:most])[1:-1]


def first_text(plain: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """Return the first of the named values that is a string or a number, as a string."""
    return next((text for name in names if (text := text_or_number(plain.get(name)))), None)


def text_or_number(value: Any) -> str | None:
    """Return a string unchanged, and a number as a string; None for NaN and anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or is_nan(value):
        return None
    return str(value)


def is_nan(value: Any) -> bool:
    """Return whether a value is NaN."""
    return isinstance(value, float) and math.isnan(value)


def whole_number(value: Any) -> int | None:
    """Return a number of at most six digits, which may be written as a string or as 2.0."""
    digits = (text_or_number(value) or "").strip().removesuffix(".0")
    return int(digits) if _DIGITS.fullmatch(digits) else None


def gold_text(value: Any) -> str | None:
    """Return a gold answer as a string, also if it is the only one in a list; None if blank."""
    text = text_or_number(value[0] if isinstance(value, list) and len(value) == 1 else value)
    return text if text and text.strip() else None
