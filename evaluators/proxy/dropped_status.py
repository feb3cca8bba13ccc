"""Gives errors back the status that lmdeploy's proxy drops, so that any client sees that they are.

That proxy forwards a server's error with status 200, and says so with status 200 if the server
that it chose does not answer. A client of a system would take that for a broken reply.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from locomo_vqa.json_gate import load_json
from locomo_vqa.models.reported_failures import PROXY_WAIT_S, dropped_status

from .upstream import Header

__all__ = ["find_dropped_status"]

_LONGEST = 4096
_GONE = 502


async def find_dropped_status(
    headers: Sequence[Header], pieces: AsyncIterator[bytes], start: list[bytes]
) -> tuple[int | None, list[Header]]:
    """Return the status that a reply with status 200 should have, and headers to add to it.

    Only a short reply in JSON is read, into `start`; any other is not read.
    """
    known = dict(headers)
    length = known.get(b"content-length", b"")
    if not length.isdigit() or int(length) > _LONGEST:
        return None, []
    if not known.get(b"content-type", b"").lower().startswith(b"application/json"):
        return None, []
    start.extend([piece async for piece in pieces])
    try:
        status = dropped_status(load_json(b"".join(start)))
    except ValueError:
        return None, []
    return status, [(b"retry-after", b"%d" % PROXY_WAIT_S)] if status == _GONE else []
