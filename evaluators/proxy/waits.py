"""Notes that an endpoint limits the requests, since the systems that wait for it can't show it."""

from __future__ import annotations

import json

from locomo_vqa.json_gate import load_json
from locomo_vqa.models.retries import server_wait_s
from locomo_vqa.notes import note_wait

from .reply import PartialReply

__all__ = ["BUSY", "note_limit"]

BUSY = frozenset({429, 503})

_USUAL_WAIT_S = 5.0
"""How long no further note is shown, where the server does not say how long to wait."""


def note_limit(reply: PartialReply) -> None:
    """Note that a reply says to wait, in the server's words."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers}
    words = _words_of(reply.readable or b"")
    reason = f"the endpoint limits the requests ({reply.status}): {words}"
    note_wait(reason, server_wait_s(headers), usual_s=_USUAL_WAIT_S)


def _words_of(body: bytes | bytearray) -> str:
    """Return the message in an error reply."""
    try:
        found = load_json(body)
        error = found.get("error", found)
        words = error.get("message", error) if isinstance(error, dict) else error
    except (AttributeError, ValueError):
        words = body.decode("utf-8", "replace")
    return words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)
