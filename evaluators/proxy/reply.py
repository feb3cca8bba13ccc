"""The received part of an endpoint's reply, and the checks before it is passed on."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpcore

from .errors import ProxyError
from .upstream import Header

__all__ = ["MAX_KEPT_BYTES", "PartialReply", "Redirected", "check_head"]

MAX_KEPT_BYTES = 128 << 20
"""The maximum length of a reply that is recorded and counted; longer ones are only passed on."""


@dataclass(slots=True)
class PartialReply:
    """The part of a reply received so far."""

    status: int
    """The HTTP status."""
    headers: list[Header]
    """The headers, with names in lower case."""
    pieces: list[bytes] | None = field(default_factory=list)
    """The pieces of the body; None if it is too long to keep."""
    size: int = 0
    """The length of the received part of the body."""
    whole: bool = False
    """Whether the reply is complete."""

    @property
    def stream(self) -> bool:
        """Whether the reply is a stream of events."""
        kind = next((value for name, value in self.headers if name == b"content-type"), b"")
        return kind.lower().startswith(b"text/event-stream")

    @property
    def body(self) -> bytes | None:
        """The received part of the body; None if it is too long to keep."""
        return None if self.pieces is None else b"".join(self.pieces)

    @property
    def readable(self) -> bytes | None:
        """The received part of the body; None if it was not kept, or is compressed."""
        coded = any(name == b"content-encoding" for name, _ in self.headers)
        return None if coded else self.body

    def add(self, piece: bytes) -> None:
        """Add a received piece."""
        self.size += len(piece)
        if self.pieces is not None:
            self.pieces.append(piece)
        if self.size > MAX_KEPT_BYTES:
            self.pieces = None


class Redirected(Exception):
    """The endpoint redirects, but neither key nor request may be sent elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.refusal = ProxyError(
            502,
            "upstream_redirects",
            "The endpoint redirects to another address; use that address in the model's name.",
        )


def check_head(reply: PartialReply) -> None:
    """Refuse a reply that redirects, or whose status is not an HTTP status.

    Raises:
        Redirected: the reply is a redirect.
        httpcore.RemoteProtocolError: the status is 600 or more.
    """
    if 300 <= reply.status < 400 and any(name == b"location" for name, _ in reply.headers):
        raise Redirected
    if reply.status >= 600:
        raise httpcore.RemoteProtocolError(f"the status {reply.status} is not an HTTP status")
