"""The received part of an endpoint's reply, and the checks before it is passed on."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import httpcore

from .errors import ProxyError
from .upstream import Header

__all__ = ["MAX_KEPT_BYTES", "KeptBytes", "PartialReply", "Redirected", "check_head"]

MAX_KEPT_BYTES = 96 << 20
"""The maximum length of a reply that is recorded; longer ones are only passed on."""

_MOST_TOGETHER = 128 << 20
_MOST_PIECES = 100_000
_TAIL = 8192
"""The last bytes of a reply that are kept in any case: an endpoint's count is there."""


class KeptBytes:
    """How many bytes of replies a proxy keeps at a time."""

    def __init__(self) -> None:
        self._left = _MOST_TOGETHER

    def take(self, size: int) -> bool:
        """Reserve room, and return whether there was enough."""
        enough = size <= self._left
        self._left -= size if enough else 0
        return enough

    def give_back(self, size: int) -> None:
        """Release reserved room."""
        self._left += size


@dataclass(slots=True)
class PartialReply:
    """The part of a reply received so far."""

    status: int
    """The HTTP status."""
    headers: list[Header]
    """Its headers, names in lower case."""
    kept: KeptBytes = field(default_factory=KeptBytes)
    """The room that all replies share."""
    body: bytearray | None = field(default_factory=bytearray)
    """The body received so far; None if it is too long to keep."""
    lengths: array[int] = field(default_factory=lambda: array("Q"))
    """The lengths of the received pieces, or the total if there are very many."""
    tail: bytes = b""
    """The last bytes of the body."""
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
    def readable(self) -> bytearray | bytes | None:
        """The body, or the end of one that was not kept; None if it is compressed."""
        if any(name == b"content-encoding" for name, _ in self.headers):
            return None
        return self.tail if self.body is None else self.body

    def add(self, piece: bytes) -> None:
        """Add a received piece."""
        self.size += len(piece)
        self.tail = (self.tail + piece[-_TAIL:])[-_TAIL:]
        if self.body is None:
            return
        if self.size > MAX_KEPT_BYTES or not self.kept.take(len(piece)):
            self.drop()
            return
        self.body += piece
        if len(self.lengths) < _MOST_PIECES:
            self.lengths.append(len(piece))
        else:
            self.lengths = array("Q", [0] * _MOST_PIECES)
            self.lengths[-1] = self.size

    def drop(self) -> None:
        """Discard the body."""
        if self.body is not None:
            self.kept.give_back(len(self.body))
            self.body = None


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
