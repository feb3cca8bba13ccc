"""Shows that an endpoint is limiting requests; the systems that wait for it can't."""

from __future__ import annotations

import json
from typing import Any

from locomo_vqa.json_gate import load_json
from locomo_vqa.models.retries import SPENT, server_wait_s
from locomo_vqa.notes import note_wait

from .reply import PartialReply

__all__ = ["BUSY", "note_limit"]

BUSY = frozenset({429, 503})

_USUAL_WAIT_S = 5.0
"""How long to show no further note if the server doesn't say how long to wait."""


def note_limit(reply: PartialReply) -> None:
    """Show the server's message if a reply says to wait, unless the quota is used up."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers}
    error = _error_of(reply.readable or b"")
    words: Any = error
    if isinstance(error, dict):
        if any(error.get(key) in SPENT for key in ("code", "type")):
            return
        words = error.get("message", error)
    shown = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)
    reason = f"the endpoint limits the requests ({reply.status}): {shown}"
    note_wait(reason, server_wait_s(headers), usual_s=_USUAL_WAIT_S)


def _error_of(body: bytes | bytearray) -> Any:
    """Return the content of an error reply: its `error`, its JSON, or its text."""
    try:
        found = load_json(body)
    except ValueError:
        return body.decode("utf-8", "replace")
    return found.get("error", found) if isinstance(found, dict) else found
