"""A stub of an endpoint that keeps what it was sent, byte for byte: it knows no language model."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.serving import serve_connections


@dataclass(frozen=True)
class Got:
    """A request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Gives:
    """What the stub sends back: pieces of a chunked body, or one body with its length."""

    body: bytes | Sequence[bytes | threading.Event | float] = b""
    """Between pieces the stub waits for an event, or this many seconds."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    """How many bytes of a body are sent before the connection breaks; -1: not even a header."""


Responder = Callable[[Got], Gives]


def as_json(value: Any, status: int = 200, **headers: str) -> Gives:
    """Return a JSON reply."""
    body = json.dumps(value).encode()
    return Gives(body, status, {"content-type": "application/json", **headers})


def chat(text: str = "blue", usage: Any = "7+2", **more: Any) -> Gives:
    """Return a chat completion as the API describes it."""
    if usage == "7+2":
        usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body = {"id": "x", "object": "chat.completion", "created": 0, "model": "stub"}
    return as_json({**body, "choices": [choice], **({"usage": usage} if usage else {}), **more})


def piece(text: str | None, usage: Any = None) -> bytes:
    """Return an event of a streamed chat completion; without a text, the one that has usage."""
    choices = [] if text is None else [{"index": 0, "delta": {"content": text}}]
    body = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "stub"}
    return b"data: %s\n\n" % json.dumps({**body, "choices": choices, "usage": usage}).encode()


DONE = b"data: [DONE]\n\n"


def stream(*pieces: bytes | threading.Event | float) -> Gives:
    """Return a stream of events."""
    return Gives(pieces, headers={"content-type": "text/event-stream"})


class StubUpstream:
    """The server's address, what it was sent, and whether its client hung up."""

    def __init__(self, respond: Responder) -> None:
        self.respond = respond
        self.url = ""
        self.got: list[Got] = []
        self.broken = threading.Event()
        """Set when a client hung up while a reply was being sent."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it is closed."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, _ = first.split(" ")
        got = Got(method, target, headers, body)
        self.got.append(got)
        gives = self.respond(got)
        if gives.cut == -1:
            return False
        if isinstance(gives.body, bytes):
            return await _send_whole(gives, gives.body, writer)
        return await self._send_pieces(gives, reader, writer)

    async def _send_pieces(
        self, gives: Gives, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        writer.write(_head(gives, {"transfer-encoding": "chunked"}))
        hung_up = asyncio.ensure_future(reader.read(1))
        for item in gives.body:
            if isinstance(item, bytes):
                writer.write(b"%x\r\n%s\r\n" % (len(item), item))
                await writer.drain()
            else:
                wait = asyncio.sleep(item) if isinstance(item, float) else _until(item)
                waiting = asyncio.ensure_future(wait)
                await asyncio.wait({waiting, hung_up}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
            if hung_up.done():
                self.broken.set()
                return False
        if gives.cut is None:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        hung_up.cancel()
        return False


async def _until(event: threading.Event) -> None:
    while not event.is_set():
        await asyncio.sleep(0.005)


async def _send_whole(gives: Gives, body: bytes, writer: asyncio.StreamWriter) -> bool:
    writer.write(_head(gives, {"content-length": str(len(body))}) + body[: gives.cut])
    await writer.drain()
    return gives.cut is None


def _head(gives: Gives, more: dict[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**gives.headers, **more}.items())
    return f"HTTP/1.1 {gives.status} X\r\n{lines}\r\n".encode()


@contextmanager
def stub_upstream(respond: Responder) -> Iterator[StubUpstream]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    stub = StubUpstream(respond)
    with serve_connections(stub.serve) as port:
        stub.url = f"http://127.0.0.1:{port}/v1"
        yield stub
