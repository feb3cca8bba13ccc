"""The checks that JSON from outside must pass: bounded, finite and unambiguous.

A text passes if every parser reads it the same way and none runs out of memory on it: it has no
deep nesting, no duplicate keys, no NaN or infinity, and no numbers that other programs can't
represent, and its values fit in memory.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections import Counter
from typing import Any, NoReturn

from locomo_vqa.bounded_reading import decoded_size
from locomo_vqa.keys import scrub

__all__ = [
    "MAX_NESTING",
    "MAX_VALUES",
    "BadValue",
    "Budget",
    "DuplicateKey",
    "check_value",
    "clean_text",
    "load_json",
    "next_json",
]

MAX_NESTING = 100
"""Deeper values are refused (our own formats need 9)."""

MAX_VALUES = 2_000_000
"""More values in one text are refused."""

_MAX_MEMORY = 320 << 20
_BYTES_A_VALUE = 150
"""The bytes that a dict entry and its key take during parsing; other values take less."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD]")
_STRINGS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""Matches the strings of a JSON text; outside them, each bracket or comma begins another value."""
_MOST_STRINGS = 2 * MAX_VALUES + 2
"""A text with more strings has too many values, whatever else it contains."""

_MAX_DIGITS = 300


class BadValue(ValueError):
    """A text that can be parsed, but whose content must not be used."""


class DuplicateKey(BadValue):
    """An object with a duplicate key."""

    def __init__(self, key: str) -> None:
        self.key = key
        """The key."""
        super().__init__(f"the key {clean_text(key[:200])[:80]!r} appears twice in one object")


class Budget:
    """A shared limit on the values and the memory of texts that are held at the same time."""

    def __init__(self, *, memory: int = _MAX_MEMORY) -> None:
        self._values = MAX_VALUES
        self._memory = self._most = memory

    def take(self, text: str, *, held: int = 0) -> None:
        """Reserve room for a JSON text's values, and `held` additional bytes.

        Raises:
            BadValue: they would exceed the limit.
        """
        bare = _STRINGS.sub("", text, _MOST_STRINGS)
        values = 1 + bare.count("[") + bare.count("{") + bare.count(",")
        self._values -= values
        if self._values < 0:
            raise BadValue(f"it has more than {MAX_VALUES:,} values")
        self._take_memory(held + sys.getsizeof(text) + _BYTES_A_VALUE * values)
        if "\\u" in text:
            for found in _STRINGS.finditer(text):
                start, end = found.span()
                if text.find("\\u", start, end) >= 0:
                    self._take_memory(3 * (end - start))  # Each character may take four bytes.

    def _take_memory(self, size: int) -> None:
        self._memory -= size
        if self._memory < 0:
            raise BadValue(f"it would take more than {self._most >> 20} MiB of memory")


def clean_text(text: str) -> str:
    """Return a text with known API keys hidden and lone surrogates replaced by U+FFFD."""
    return scrub(_SURROGATE.sub("\ufffd", text))


def load_json(
    text: str | bytes | bytearray, *, any_number: bool = False, budget: Budget | None = None
) -> Any:
    """Parse JSON; lone surrogates become U+FFFD.

    With `any_number`, NaN, infinities and numbers of hundreds of digits are accepted.
    Texts whose values are held at the same time share a `budget`.

    Raises:
        BadValue: it is nested too deeply or too large, or has a duplicate key, or a number that is
            not finite or has hundreds of digits.
        ValueError: it is not JSON.
    """
    held = 0
    if not isinstance(text, str):
        held = len(text)
        if held + decoded_size(text) > _MAX_MEMORY:
            raise BadValue(f"it would take more than {_MAX_MEMORY >> 20} MiB of memory")
        text = text.decode("utf-8-sig")
    held += sys.getsizeof(text)  # The text itself is held as long as its values.
    if budget is not None:
        budget.take(text)
    elif not _surely_fits(text, held):
        Budget().take(text, held=held)
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
    if _nesting_depth(value) > MAX_NESTING:
        raise _too_deep()
    return _without_surrogates(value) if _ESCAPED_SURROGATE.search(text) else value


def next_json(text: str, start: int, *, strict: bool = True) -> tuple[Any, int]:
    """Parse the JSON that begins at a position in a text, as `load_json` does.

    The caller reserves room for the values in a `Budget`. Without `strict`, strings may
    have control characters.

    Returns:
        The value, and where it ends.

    Raises:
        BadValue, ValueError: as in `load_json`.
    """
    try:
        value, end = (_STRICT if strict else _LENIENT).raw_decode(text, start)
    except RecursionError:
        raise _too_deep() from None
    if _nesting_depth(value) > MAX_NESTING:
        raise _too_deep()
    return _without_surrogates(value) if _ESCAPED_SURROGATE.search(text, start, end) else value, end


def _surely_fits(text: str, held: int) -> bool:
    """Return whether a text is within the limits even if every bracket and comma begins a value."""
    values = 1 + text.count("[") + text.count("{") + text.count(",")
    strings = (4 if "\\u" in text else 1) * sys.getsizeof(text)
    memory = held + strings + _BYTES_A_VALUE * values
    return values <= MAX_VALUES and memory <= _MAX_MEMORY


def check_value(value: Any) -> None:
    """Check the result of another parser, such as TOML's, as `load_json` checks JSON.

    Raises:
        BadValue: it is nested too deeply, or has a number that is not finite or has hundreds of
            digits.
    """
    if _nesting_depth(value) > MAX_NESTING:
        raise _too_deep()
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, float) and not math.isfinite(item):
            _not_finite(str(item))
        elif isinstance(item, int) and abs(item) >= 10**_MAX_DIGITS:
            raise BadValue(f"a number has more than {_MAX_DIGITS} digits")
        elif isinstance(item, dict):
            left += item.values()
        elif isinstance(item, list):
            left += item


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise DuplicateKey(next(name for name, count in counts.items() if count > 1))
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


_NESTED = (list, dict)


def _nesting_depth(value: Any) -> int:
    """Return how deeply lists and objects are nested, without recursion."""
    depth, level = 0, [value] if isinstance(value, _NESTED) else []
    while level:
        depth += 1
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, _NESTED)
        ]
    return depth


def _without_surrogates(value: Any) -> Any:
    """Replace lone surrogates, in place, in a value of limited depth."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        for index, item in enumerate(value):
            value[index] = _without_surrogates(item)
    elif isinstance(value, dict):
        if any(map(_SURROGATE.search, value)):
            return {clean_text(key): _without_surrogates(item) for key, item in value.items()}
        for key, item in value.items():
            value[key] = _without_surrogates(item)
    return value


_STRICT, _LENIENT = (
    json.JSONDecoder(
        object_pairs_hook=_object,
        parse_int=_integer,
        parse_float=_finite,
        parse_constant=_not_finite,
        strict=strict,
    )
    for strict in (True, False)
)
