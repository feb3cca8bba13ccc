"""An HTTP server on the loopback whose every reply is scripted, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

from tests.serving import serve_connections

Write = Callable[[bytes], Awaitable[None]]
Route = Callable[[int, Write], Awaitable[None]]
"""Is given the number of the hit, from 1, and a function that sends bytes."""


class ImageServer:
    """Counts hits by path and the bytes it could send."""

    def __init__(self) -> None:
        self.port = 0
        self.routes: dict[str, Route] = {}
        self.hits: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.heads: dict[str, str] = {}
        self.active: Counter[str] = Counter()
        self.most_active: Counter[str] = Counter()
        self.most_at_once = 0

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ")[1]
            host = head.lower().partition("host: ")[2].partition("\r\n")[0]
            self.hits[path] += 1
            self.heads[path] = head
            self.active[host] += 1
            self.most_active[host] = max(self.most_active[host], self.active[host])
            self.most_at_once = max(self.most_at_once, self.active.total())

            async def write(data: bytes) -> None:
                writer.write(data)
                await writer.drain()
                self.sent[path] += len(data)

            try:
                await self.routes.get(path, reply(404))(self.hits[path], write)
            finally:
                self.active[host] -= 1
        writer.close()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@contextlib.contextmanager
def serving(host: str = "127.0.0.1") -> Iterator[ImageServer]:
    """Serve until the block ends."""
    server = ImageServer()
    with serve_connections(server.client, host=host) as server.port:
        yield server


def head(status: int, *lines: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} -", *lines, "Connection: close", "", ""]).encode()


def reply(status: int = 200, body: bytes = b"", *lines: str, delay: float = 0) -> Route:
    """A whole reply with a right length."""

    async def route(hit: int, write: Write) -> None:
        await asyncio.sleep(delay)
        await write(head(status, f"Content-Length: {len(body)}", *lines) + body)

    return route


class Gate:
    """Lets some replies pass, and holds the others."""

    def __init__(self) -> None:
        self.left = 1 << 30
        self._opened = 0

    def open(self, replies: int = 1 << 30) -> None:
        """Let this many replies pass from now on; who was held until now is hung up on."""
        self.left = replies
        self._opened += 1

    def before(self, route: Route) -> Route:
        """Put the gate before a route."""

        async def held(hit: int, write: Write) -> None:
            opened = self._opened
            while self.left <= 0:
                await asyncio.sleep(0.002)
                if self._opened != opened:
                    raise ConnectionAbortedError
            self.left -= 1
            await route(hit, write)

        return held


def raw(data: bytes) -> Route:
    """Exactly these bytes, then the connection is closed."""

    async def route(hit: int, write: Write) -> None:
        await write(data)

    return route


def in_turn(*routes: Route) -> Route:
    """One route after another, then the last one forever."""

    async def route(hit: int, write: Write) -> None:
        await routes[min(hit, len(routes)) - 1](hit, write)

    return route


def endless(first: bytes, size: int) -> Route:
    """A body without a length: `first`, then zeros."""

    async def route(hit: int, write: Write) -> None:
        await write(head(200, "Content-Type: image/png") + first)
        for _ in range(size >> 16):
            await write(bytes(1 << 16))

    return route


def drip(data: bytes, pause: float) -> Route:
    """A byte at a time."""

    async def route(hit: int, write: Write) -> None:
        await write(head(200, f"Content-Length: {len(data)}"))
        for byte in data:
            await asyncio.sleep(pause)
            await write(bytes([byte]))

    return route


def silent() -> Route:
    """A connection, and never a word."""

    async def route(hit: int, write: Write) -> None:
        await asyncio.sleep(30)

    return route
