"""What the proxy itself answers where there is no reply to pass on, in the API's own shape."""

from __future__ import annotations

import json

__all__ = ["ProxyError"]


class ProxyError(Exception):
    """A reply of the proxy's own: a status from 400 to 599, a code for programs, a sentence."""

    def __init__(self, status: int, code: str, message: str, *, again: bool = False) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message
        self.again = again
        """Whether the same request may do better later."""

    def body(self) -> bytes:
        """Return the error as clients of the API expect it."""
        error = {"message": self.message, "type": "proxy_error", "param": None, "code": self.code}
        return json.dumps({"error": error}).encode()

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of `body`; `x-should-retry` is what OpenAI's clients heed."""
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self.body())).encode()),
        ]
        return headers if self.again else [*headers, (b"x-should-retry", b"false")]
