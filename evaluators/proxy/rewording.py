"""Rewrites completion requests that an endpoint refuses in their original form.

A request is forwarded byte for byte until the endpoint refuses it and names what it expects
instead, such as `max_completion_tokens` (see `locomo_vqa.models.dialects`). Any system can then use
such an endpoint, and only its first calls are refused.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpcore

from locomo_vqa.models.clients import MAX_REPLY_BYTES
from locomo_vqa.models.completions import join_stream
from locomo_vqa.models.dialects import Wording, dialect_of
from locomo_vqa.models.retries import REFUSED
from locomo_vqa.system import Endpoint

from .reply import PartialReply
from .request_body import COMPLETIONS, RequestBody
from .upstream import Header

__all__ = ["Rewording"]

_MAX_REFUSAL = 1 << 16


class Rewording:
    """One request as it is sent to the endpoint, and its reply as the system expects it."""

    def __init__(self, endpoint: Endpoint, tail: bytes, body: RequestBody) -> None:
        """Prepare a request to the path `tail` of an endpoint."""
        chat = tail == COMPLETIONS and isinstance(body.document, dict)
        self._plain: dict[str, Any] = body.document if chat else {}
        asked = replace(endpoint, model=body.model or endpoint.model)
        self._wording = Wording(dialect_of(asked)) if chat else None
        self._written: dict[str, Any] = {}
        self.content = body.content
        """The bytes to send."""
        self._write()

    async def is_refused(
        self, status: int, pieces: AsyncIterator[bytes], start: list[bytes]
    ) -> bool:
        """Return whether a reply refuses the request and says how to rewrite it.

        The pieces read from the reply are added to `start`.
        """
        if self._wording is None or status not in REFUSED:
            return False
        size = 0
        async for piece in pieces:
            start.append(piece)
            size += len(piece)
            if size > _MAX_REFUSAL:
                return False
        words = b"".join(start).decode("utf-8", "replace")
        if not self._wording.revise(self._written, words):
            return False
        self._write()
        return True

    def taken(self) -> None:
        """Note that the endpoint accepted the request."""
        if self._wording is not None:
            self._wording.succeeded()

    @property
    def joins(self) -> bool:
        """Whether the endpoint was asked for a stream that the system did not ask for."""
        return bool(self._written.get("stream")) and not self._plain.get("stream")

    async def joined(
        self, head: PartialReply, pieces: AsyncIterator[bytes]
    ) -> tuple[PartialReply, bytes]:
        """Return the complete reply assembled from a stream, and its body.

        Raises:
            httpcore.RemoteProtocolError: it is too long, or is not a stream of completions.
        """
        async for piece in pieces:
            head.add(piece)
            if head.body is None or head.size > MAX_REPLY_BYTES:
                raise httpcore.RemoteProtocolError("the stream is too long")
        try:
            text = (head.body or b"").decode("utf-8", "replace")
            body = json.dumps(join_stream(text)).encode()
        except (AttributeError, TypeError, ValueError) as error:
            raise httpcore.RemoteProtocolError(
                f"it is not a stream of completions: {error}"
            ) from None
        headers: list[Header] = [
            header
            for header in head.headers
            if header[0] not in (b"content-type", b"content-length")
        ]
        headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        head.drop()
        reply = PartialReply(head.status, headers, head.kept)
        reply.add(body)
        return reply, body

    def _write(self) -> None:
        if self._wording is None:
            return
        before, self._written = self._written or self._plain, self._wording.write(self._plain)
        if self._written != before:
            self.content = json.dumps(self._written).encode()
