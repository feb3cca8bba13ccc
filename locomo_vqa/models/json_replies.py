"""Reads JSON that a model wrote, with the slips that leave only one reading.

These are a raw line break or another control character within a text, a comma before a closing
bracket, and a backslash before an apostrophe. Everything else is broken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

__all__ = ["LENIENT", "load_json", "without_slips"]

LENIENT = json.JSONDecoder(strict=False)
"""Takes control characters within texts."""

_TEXT_OR_COMMA = re.compile(r'(?P<text>"(?:[^"\\]|\\.)*")|,(?P<rest>\s*[}\]])', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

_Pairs = Callable[[list[tuple[str, Any]]], Any]


def without_slips(text: str) -> str:
    """Return JSON without commas before closing brackets and backslashes before apostrophes."""

    def mended(found: re.Match[str]) -> str:
        if found["text"] is None:
            return str(found["rest"])
        return _ESCAPE.sub(lambda escape: "'" if escape[1] == "'" else escape[0], found["text"])

    return _TEXT_OR_COMMA.sub(mended, text)


def load_json(text: str, *, object_pairs_hook: _Pairs | None = None) -> Any:
    """Return the value of a text that is JSON as a whole, apart from small slips.

    Raises:
        ValueError: it is not.
        RecursionError: it is nested too deep.
    """
    try:
        return json.loads(text, object_pairs_hook=object_pairs_hook)
    except json.JSONDecodeError:
        whole = without_slips(text)
        return json.loads(whole, object_pairs_hook=object_pairs_hook, strict=False)
