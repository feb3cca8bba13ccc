"""Checks TOML files from outside; see `json_gate` for JSON."""

from __future__ import annotations

import tomllib
from typing import Any

from locomo_vqa.json_gate import BadValue, check_value

__all__ = ["MAX_TOML_BYTES", "load_toml"]

MAX_TOML_BYTES = 256 << 10
"""Larger files are refused; our own have a few KiB."""

_MAX_DOTS = 100
"""Python's parser takes time quadratic in the length of a dotted key."""


def load_toml(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        BadValue: it is too long, is nested too deeply, has a number that is not finite, or a
            line with more than a hundred dots.
        ValueError: it is not TOML.
    """
    if len(text) > MAX_TOML_BYTES:
        raise BadValue(f"it is larger than {MAX_TOML_BYTES >> 10} KiB")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MAX_DOTS:
            raise BadValue(f"line {number} has more than {_MAX_DOTS} dots")
    try:
        value = tomllib.loads(text)
    except RecursionError:
        raise BadValue("it is nested too deeply") from None
    check_value(value)
    return value
