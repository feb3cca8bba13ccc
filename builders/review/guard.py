"""Guards the review server, so that only the page that it served can use it.

The server listens on this machine only, but every page in the reviewer's browser can send
requests there too. So each request must carry the secret from the printed address, name
this machine as its host (not a foreign name that was made to point here), and not come
from another site's page.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard"]

_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_ADDRESS = "Open the address that `locomo-vqa build review` printed."


class Guard:
    """Answers 403 to requests that must not reach the app, and adds strict headers to responses."""

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        problem = self._find_problem(scope)
        answer = JSONResponse({"error": problem}, 403) if problem else self._app
        await answer(scope, receive, send_guarded)

    def _find_problem(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        first = scope["path"].split("/")[1].encode()
        if not secrets.compare_digest(first, self._token):
            return f"The address lacks its secret, or it is of an earlier review. {_ADDRESS}"
        if host not in self._hosts:
            return f"This server does not go by that name. {_ADDRESS}"
        reads = scope["method"] in ("GET", "SNIFFED_BYTES")
        if headers.get("origin", f"http://{host}") != f"http://{host}":
            return "Another site's page may not use the review."
        opened = reads and headers.get("sec-fetch-mode") == "navigate"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and not opened:
            return "Another site's page may not use the review."
        return None
