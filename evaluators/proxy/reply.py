"""The part of an endpoint's reply that came, and what is passed on of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpcore

from .errors import ProxyError
from .upstream import Header

__all__ = ["MAX_KEPT_BYTES", "PartialReply", "Redirected", "check_head"]

MAX_KEPT_BYTES = 128 << 20
"""The longest reply that is recorded and counted; a longer one is only passed on."""


@dataclass(slots=True)
class PartialReply:
    """The part of a reply that came."""

    status: int
    """Its HTTP status."""
    headers: list[Header]
    """Its headers, names in lower case."""
    pieces: list[bytes] | None = field(default_factory=list)
    """The body; None if it is too long to keep."""
    size: int = 0
    """The length of its body, as far as it came."""
    whole: bool = False
    """Whether it is complete."""

    @property
    def stream(self) -> bool:
        """Whether it is a stream of events."""
        kind = next((value for name, value in self.headers if name == b"content-type"), b"")
        return kind.lower().startswith(b"text/event-stream")

    @property
    def body(self) -> bytes | None:
        """The body as far as it came; None if it is too long to keep."""
        return None if self.pieces is None else b"".join(self.pieces)

    @property
    def readable(self) -> bytes | None:
        """The body, unless it was not kept or is compressed."""
        coded = any(name == b"content-encoding" for name, _ in self.headers)
        return None if coded else self.body

    def add(self, piece: bytes) -> None:
        """Add a piece that came."""
        self.size += len(piece)
        if self.pieces is not None:
            self.pieces.append(piece)
        if self.size > MAX_KEPT_BYTES:
            self.pieces = None


class Redirected(Exception):
    """The endpoint redirects; neither key nor request may be sent elsewhere."""

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
        Redirected: it redirects.
        httpcore.RemoteProtocolError: its status is 600 or more.
    """
    if 300 <= reply.status < 400 and any(name == b"location" for name, _ in reply.headers):
        raise Redirected
    if reply.status >= 600:
        raise httpcore.RemoteProtocolError(f"the status {reply.status} is not an HTTP status")
