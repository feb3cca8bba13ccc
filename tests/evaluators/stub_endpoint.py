"""A stub of an OpenAI-compatible server, for faults only: it knows no language model."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Responder = Callable[[dict[str, Any]], tuple[int, Any]]
"""Takes the request's JSON; returns a status, and JSON, bytes, or seconds to stay silent."""


def completion(text: str | None, **message: Any) -> tuple[int, Any]:
    """Return a chat completion with `text`, as the API describes it."""
    choice = {
        "index": 0,
        "finish_reason": message.pop("finish_reason", "stop"),
        "message": {"role": "assistant", "content": text, **message},
    }
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    body = {"id": "x", "object": "chat.completion", "created": 0, "model": "stub"}
    return 200, {**body, "choices": [choice], "usage": usage}


class StubEndpoint:
    """The server's address, and every request it got."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[dict[str, Any]] = []

    @property
    def model(self) -> str:
        """The name for --model."""
        return f"openai:{self.url}/v1?model=stub"


@contextmanager
def stub_endpoint(respond: Responder) -> Iterator[StubEndpoint]:
    """Serve on a free port of 127.0.0.1 until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(404, {"error": {"message": "no list of models here"}})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            if len(sent) < int(self.headers["Content-Length"]):
                return  # The client was killed while it was sending.
            body = json.loads(sent)
            endpoint.requests.append(body)
            status, answer = respond(body)
            if isinstance(answer, float):
                time.sleep(answer)
                self.close_connection = True
            else:
                self._send(status, answer)

        def _send(self, status: int, answer: Any) -> None:
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    endpoint = StubEndpoint(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
