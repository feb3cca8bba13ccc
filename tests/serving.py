"""Servers on a free port of the loopback, each in a thread that ends with the block."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Connection", "QuietHandler", "serve_connections", "serve_handler"]

Connection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Answers one connection, byte by byte."""


class QuietHandler(BaseHTTPRequestHandler):
    """A request handler that writes no log."""

    def reply(
        self, status: int, data: bytes, headers: Mapping[str, str], *, body: bool = True
    ) -> None:
        """Send a whole reply; without `body`, its head only."""
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024
    """Where it is full, a client tries to connect again only after a second."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what went wrong, unless the client is gone: it may print itself meanwhile."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve_handler(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve requests with a handler, and yield the address, such as `http://127.0.0.1:8000`."""
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def serve_connections(connection: Connection, *, host: str = "127.0.0.1") -> Iterator[int]:
    """Serve connections that a test answers byte by byte, and yield the port."""
    ready, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    ports: list[int] = []
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):  # The client is gone.
            await connection(reader, writer)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = loop.create_task(connected(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def main() -> None:
        server = await asyncio.start_server(accept, host, 0, backlog=1024)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await stop.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(60), "the server did not start"
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
