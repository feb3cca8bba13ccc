"""Checks TOML files from outside; see `json_gate` for JSON."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from locomo_vqa.json_gate import BadValue, check_value

__all__ = ["MAX_TOML_BYTES", "load_toml"]

MAX_TOML_BYTES = 256 << 10
"""Larger files are refused; our own have a few KiB."""

_MAX_DOTS = 100
"""Python's parser takes time quadratic in the length of a dotted key."""

_TEXTS = re.compile(
    r"""
    "{3} (?: [^"\\]++ | \\[\s\S] | "(?!"") )*+ (?:"{3,5})?
    | '{3} (?: [^']++ | '(?!'') )*+ (?:'{3,5})?
    | " (?: [^"\\\n]++ | \\. )*+ "?
    | ' [^'\n]*+ '?
    | \# [^\n]*+
    """,
    re.VERBOSE,
)
"""Matches strings and comments, also if they don't end, so that it takes linear time."""

_DOTTED = re.compile(r"[\w\t .-]+")
"""Matches what a dotted key without quoted parts consists of."""


def load_toml(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        BadValue: it is too long, is nested too deeply, has a number that is not finite or has
            hundreds of digits, or a key with more than a hundred dots.
        ValueError: it is not TOML.
    """
    if len(text) > MAX_TOML_BYTES:
        raise BadValue(f"it is larger than {MAX_TOML_BYTES >> 10} KiB")
    _check_keys(text)
    try:
        value = tomllib.loads(text)
    except RecursionError:
        raise BadValue("it is nested too deeply") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # Python refuses to convert thousands of digits.
        raise BadValue("a number has too many digits") from None
    check_value(value)
    return value


def _check_keys(text: str) -> None:
    """Check that no key has too many dots; those in strings and comments don't count."""
    bare = _TEXTS.sub(lambda found: "_" + "\n" * found[0].count("\n"), text)
    for number, line in enumerate(bare.split("\n"), 1):
        if any(part.count(".") > _MAX_DOTS for part in _DOTTED.findall(line)):
            raise BadValue(f"line {number} has a key with more than {_MAX_DOTS} dots")
