"""Requests to a review server as a program sends them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

__all__ = ["JSON", "Reply", "accept", "request"]

JSON = {"Content-Type": "application/json"}


class Reply:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.content = response.read()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)


def request(
    url: str, path: str, body: Any = None, *, method: str = "", headers: Mapping[str, str] = {}
) -> Reply:
    """Ask for a path below the review's address, or for an absolute one."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=200)
    try:
        target = path if path.startswith("/") else parts.path + path
        content = None if body is None else json.dumps(body).encode()
        given = {**(JSON if body is not None else {}), **headers}
        connection.request(method or ("GET" if body is None else "POST"), target, content, given)
        return Reply(connection.getresponse())
    finally:
        connection.close()


def accept(url: str, id: str) -> Reply:
    """Accept one question."""
    return request(url, "decisions", {"id": id, "decision": "accept"})
