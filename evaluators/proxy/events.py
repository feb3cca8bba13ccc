"""Parses server-sent events, the format of streamed replies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from locomo_vqa.json_gate import load_json

__all__ = ["ends_stream", "events"]

_BETWEEN = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_TAIL = 4096
_LAST = re.compile(rb"data: ?\[DONE\]|event: ?response\.(?:completed|incomplete|failed)\b")


def events(body: bytes) -> Iterator[Any]:
    """Yield the JSON in a stream's events, last event first; events without JSON are skipped.

    Source: the HTML standard, section 9.2.6; only the field `data` matters here.
    """
    for block in reversed(_BETWEEN.split(body)):
        lines = [line[5:] for line in block.splitlines() if line.startswith(b"data:")]
        if not lines:
            continue
        try:
            yield load_json(b"\n".join(lines))
        except ValueError:
            continue


def ends_stream(body: bytes) -> bool:
    """Return whether the event that ends a stream was received."""
    return _LAST.search(body[-_TAIL:]) is not None
