"""The system's side of a call: its request, the reply, and whether it is still connected."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlette.types import Receive, Scope, Send

from .errors import ProxyError
from .upstream import Header

__all__ = ["Client", "ClientGone"]


class ClientGone(Exception):
    """The system closed the connection before its request was complete."""


class Client:
    """One request of a system (ASGI), and the reply to it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        self.raw_path: bytes = scope["raw_path"]
        self.query: bytes = scope["query_string"]
        self.headers: list[Header] = scope["headers"]
        self.gone = False
        """Whether the system is known to have closed the connection."""
        self.status: int | None = None
        """The status that was sent."""
        self._receive = receive
        self._send = send

    def header(self, name: bytes) -> bytes:
        """Return a header's value, or an empty one; `name` is in lower case."""
        return next((value for key, value in self.headers if key == name), b"")

    async def body(self, most: int) -> bytes:
        """Return the request's body.

        Raises:
            ProxyError: the body is longer than `most` bytes.
            ClientGone: the connection was closed before the body was complete.
        """
        length = self.header(b"content-length")
        if length.isdigit() and int(length[:20]) > most:
            raise _too_large(most)
        parts, size, more = [], 0, True
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientGone
            part = message.get("body", b"")
            size += len(part)
            if size > most:
                raise _too_large(most)
            parts.append(part)
            more = message.get("more_body", False)
        return b"".join(parts)

    async def watch(self, left: Callable[[], None]) -> None:
        """Call `left` when the system closes the connection; cancel this task after the reply."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        left()

    async def start(self, status: int, headers: Iterable[Header]) -> None:
        """Send status and headers, if the system is still connected."""
        self.status = None if self.gone else status
        await self._pass({"type": "http.response.start", "status": status, "headers": headers})

    async def send(self, part: bytes, *, more: bool) -> None:
        """Send a part of the body, if the system is still connected."""
        await self._pass({"type": "http.response.body", "body": part, "more_body": more})

    async def refuse(self, refusal: ProxyError) -> None:
        """Send the proxy's own reply."""
        await self.start(refusal.status, refusal.headers())
        await self.send(refusal.body(), more=False)

    async def _pass(self, message: dict[str, object]) -> None:
        if not self.gone:
            await self._send(message)


def _too_large(most: int) -> ProxyError:
    return ProxyError(413, "too_large", f"The request is larger than {most >> 20} MiB.")
