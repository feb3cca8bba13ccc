"""JSON inside an HTML page."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from locomo_vqa.files import clean_text

__all__ = ["json_for_html"]

_ACTIVE = re.compile(
    "[<>&\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
"""What could end a `<script>` element or begin a comment in it, control characters, and characters
that can't be seen or change the order of others."""


def json_for_html(data: Any) -> str:
    """Return JSON that is safe inside an HTML `<script>` element.

    Markup, control characters and line separators are written as escapes, so that nothing in the
    data can become part of the page. Numbers that JSON doesn't have (NaN, infinity) become null,
    as in JavaScript's `JSON.stringify`; lone surrogates, which UTF-8 doesn't have, become U+FFFD.
    """
    try:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        finite = _without_non_finite(data)
        text = json.dumps(finite, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _ACTIVE.sub(lambda found: f"\\u{ord(found.group()):04x}", clean_text(text))


def _without_non_finite(value: Any) -> Any:
    """Return a copy with null in place of every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_non_finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_non_finite(each) for each in value]
    return value
