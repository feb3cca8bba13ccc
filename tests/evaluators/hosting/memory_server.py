"""A memory system behind an address, as docs/system-api.yaml describes one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class MemoryServer:
    """Remembers every turn, request and reply."""

    def __init__(self, **system: Any) -> None:
        self.system = {"name": "Remote", "version": "2", **system}
        self.open: dict[str, list[Any]] = {}
        self.begun: list[dict[str, Any]] = []
        self.log: list[tuple[str, str, Any, int, Any]] = []
        """Method, path, body, status and reply of every request."""
        self.keys: set[str | None] = set()
        """The bearer tokens that were sent."""
        self.read: dict[str, bytes] = {}
        """By its path, what was in an image's file."""
        self.faults: dict[str, Response | float] = {}
        """By the last part of the path: what to reply, or how many seconds to stay silent."""
        self.url = ""

    async def handle(self, request: Request) -> Response:
        body = json.loads(await request.body() or b"null")
        self.keys.add(request.headers.get("authorization"))
        fault = self.faults.get(request.url.path.rpartition("/")[2])
        if isinstance(fault, float):
            await asyncio.sleep(fault)
            fault = None
        status, reply = (fault.status_code, None) if fault else self.reply(request, body)
        self.log.append((request.method, request.url.path, body, status, reply))
        if fault:
            return fault
        return Response(status_code=status) if reply is None else JSONResponse(reply, status)

    def reply(self, request: Request, body: Any) -> tuple[int, Any]:
        parts = request.url.path.strip("/").split("/")
        if parts == ["system"]:
            return 200, self.system
        if parts == ["conversations"]:
            self.begun.append(body)
            self.open[body["id"]] = []
            return 201, None
        turns = self.open[parts[1]]
        if request.method == "DELETE":
            del self.open[parts[1]]
            return 204, None
        if parts[2] == "turns":
            turns += body["turns"]
            return 204, None
        if parts[2] == "answer":
            usage = {"input_tokens": 5, "output_tokens": 1, "calls": 1}
            hits = [{"text": turns[-1]["text"], "score": 1.0, "turn": turns[-1]["id"]}]
            return 200, {"text": turns[-1]["text"], "retrieved": hits, "usage": usage}
        if parts[2] == "answer_visual":
            path = (body["image"] or {}).get("path")
            if path:
                self.read[path] = Path(path).read_bytes()
            return 200, {"text": "nothing" if body["image"] is None else "something"}
        if parts[2] == "search":
            return 200, {"hits": [turn["text"] for turn in turns[: body["k"]]]}
        return 204, None


@contextmanager
def serving(server: MemoryServer) -> Iterator[MemoryServer]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    methods = ["GET", "POST", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", server.handle, methods=methods)])
    config = uvicorn.Config(app, port=0, log_level="critical", timeout_graceful_shutdown=1)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 100
    while not running.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}"
    try:
        yield server
    finally:
        running.should_exit = True
        with contextlib.suppress(RuntimeError):
            thread.join(10)
