"""A stub of an OpenAI-compatible server, for faults only: it knows no language model."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.serving import QuietHandler, serve_handler

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

    class Handler(QuietHandler):
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
            self.reply(status, data, {"Content-Type": "application/json"})

    with serve_handler(Handler) as url:
        endpoint = StubEndpoint(url)
        yield endpoint
