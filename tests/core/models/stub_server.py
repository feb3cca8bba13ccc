"""A stub of an OpenAI-compatible server for faults and load: it knows no language model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.serving import serve_connections


@dataclass(frozen=True)
class Answer:
    """What the server sends back."""

    body: Any = None
    """JSON, or bytes to send unchanged."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    """Silence before the reply."""
    cut: int | None = None
    """How many bytes of the body are sent before the connection breaks; -1: not even a header."""


Responder = Callable[[dict[str, Any]], Answer]


def completion(text: Any, finish: Any = "stop", **message: Any) -> Answer:
    """Return a chat completion as the API describes it."""
    said = {"role": "assistant", "content": text, **message}
    choice = {"index": 0, "finish_reason": finish, "message": said}
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    body = {"id": "x", "object": "chat.completion", "created": 0, "model": "stub"}
    return Answer({**body, "choices": [choice], "usage": usage})


class Stub:
    """The server's address, what it was asked, and how much of that at once."""

    def __init__(self, respond: Responder) -> None:
        self.respond = respond
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        self.running = 0
        self.most = 0
        self.connections = 0
        """Connections that are open."""

    def spec(self, options: str = "") -> str:
        """Return the model's name."""
        return f"openai:{self.url}/v1?model=stub{options}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it is closed."""
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._one(reader, writer):
                    pass
        finally:
            self.connections -= 1
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        request = json.loads(await reader.readexactly(size)) if size else {}
        if head.startswith("get "):
            answer = Answer({"object": "list", "data": []})
        else:
            self.requests.append(request)
            self.running += 1
            self.most = max(self.most, self.running)
            answer = self.respond(request)
            try:
                await self._silence(answer.wait_s, reader)
            finally:
                self.running -= 1
        return await _send(answer, writer)

    async def _silence(self, seconds: float, reader: asyncio.StreamReader) -> None:
        """Wait, or notice that the client has gone."""
        if seconds:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    if not await reader.read(1):
                        raise ConnectionResetError


async def _send(answer: Answer, writer: asyncio.StreamWriter) -> bool:
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    headers = {"content-type": "application/json", **answer.headers, "content-length": len(body)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {answer.status} X\r\n{lines}\r\n".encode()
    if answer.cut == -1:
        return False
    writer.write(head + body[: answer.cut])
    await writer.drain()
    return answer.cut is None


@contextmanager
def stub_server(respond: Responder) -> Iterator[Stub]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    stub = Stub(respond)
    with serve_connections(stub.serve) as port:
        stub.url = f"http://127.0.0.1:{port}"
        yield stub
