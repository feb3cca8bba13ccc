"""The proxy's own error replies, in the API's format, for when there is no reply to pass on."""

from __future__ import annotations

import json

__all__ = ["ProxyError"]


class ProxyError(Exception):
    """An error reply of the proxy: a status from 400 to 599, a code, and a message."""

    def __init__(self, status: int, code: str, message: str, *, again: bool = False) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message
        self.again = again
        """Whether a retry may succeed."""

    def body(self) -> bytes:
        """Return the error in the form that API clients expect."""
        error = {"message": self.message, "type": "proxy_error", "param": None, "code": self.code}
        return json.dumps({"error": error}).encode()

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers for `body`; OpenAI's clients obey `x-should-retry`."""
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self.body())).encode()),
        ]
        return headers if self.again else [*headers, (b"x-should-retry", b"false")]
