"""Parses server-sent events, the format of streamed replies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from locomo_vqa.json_gate import load_json

__all__ = ["ends_stream", "events"]

_BETWEEN = (b"\r\n\r\n", b"\n\n", b"\r\r")
_MOST_EVENTS = 200_000
"""At most this many of a stream's last events are read: more than any reply has tokens."""
_TAIL = 4096
_LAST = re.compile(rb"data: ?\[DONE\]|event: ?response\.(?:completed|incomplete|failed)\b")


def events(body: bytes | bytearray) -> Iterator[Any]:
    """Yield the JSON of a stream's events, last event first, skipping events without JSON.

    Source: the HTML standard, section 9.2.6; only the field `data` matters here.
    """
    for block in islice(_blocks(body), _MOST_EVENTS):
        lines = [line[5:] for line in block.splitlines() if line.startswith(b"data:")]
        if not any(lines):
            continue
        try:
            yield load_json(b"\n".join(lines))
        except ValueError:
            continue


def _blocks(body: bytes | bytearray) -> Iterator[bytes | bytearray]:
    """Yield the blocks between a stream's blank lines, last block first."""
    end = len(body)
    found = {between: body.rfind(between) for between in _BETWEEN}
    while (start := max(found.values())) >= 0:
        between = max(found, key=lambda each: (found[each], len(each)))
        yield body[start + len(between) : end]
        end = start
        for each, place in found.items():
            if place + len(each) > end:
                found[each] = body.rfind(each, 0, end)
    yield body[:end]


def ends_stream(body: bytes | bytearray) -> bool:
    """Return whether the event that ends a stream was received."""
    return _LAST.search(body[-_TAIL:]) is not None
