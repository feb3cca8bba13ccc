"""The proxy as a web application, which checks the token and answers requests."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping
from typing import Any

from starlette.types import Receive, Scope, Send

from locomo_vqa.errors import LocomoVqaError

from .client import Client, ClientGone
from .errors import ProxyError
from .exchange import Exchange, ProxyContext
from .request_body import COMPLETIONS, MAX_REQUEST_BYTES, RequestBody, parse_body
from .routes import Route, Routes

__all__ = ["ProxyApp"]

_log = logging.getLogger(__name__)
_NO_BODY = RequestBody(content=b"", document=None, sha256=None)


class ProxyApp:
    """An ASGI application, without a framework, that answers requests with the right token.

    Once a call can't be counted or recorded, later calls are refused, so that no call is paid for
    without being counted.
    """

    def __init__(self, context: ProxyContext, routes: Routes, *, token: str) -> None:
        self.problem: LocomoVqaError | None = None
        """Why calls are refused."""
        self._context = context
        self._routes = routes
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        begun = time.perf_counter()
        client = Client(scope, receive, send)
        try:
            await self._answer(client, begun)
        except ProxyError as refusal:
            await client.refuse(refusal)
        except LocomoVqaError as error:
            self.problem = self.problem or error
            if client.status is None:
                await client.refuse(_stopped_error(error))
        except ClientGone:
            pass
        except Exception:
            _log.exception("a call through the metering proxy failed")
            raise

    async def _answer(self, client: Client, begun: float) -> None:
        self._check_token(client)
        route = self._routes.find(client.raw_path)
        if self.problem is not None:
            raise _stopped_error(self.problem)
        try:
            content = await client.body(MAX_REQUEST_BYTES)
        except ProxyError as refusal:
            await Exchange(self._context, client, route, _NO_BODY, begun).refuse(refusal)
            return
        kind = client.header(b"content-type")
        fields = self._fields_of(route) if route.tail == COMPLETIONS else {}
        body = await parse_body(content, kind, fields=fields)
        await Exchange(self._context, client, route, body, begun).run()

    def _fields_of(self, route: Route) -> Mapping[str, Any]:
        """Return the fields for every request; a memory that repeats share is read without seed."""
        fields, recorder = self._context.endpoint.body, self._context.recorder
        if recorder is None or not recorder.is_reading(route.conversation):
            return fields
        return {name: value for name, value in fields.items() if name != "seed"}

    def _check_token(self, client: Client) -> None:
        scheme, _, token = client.header(b"authorization").partition(b" ")
        known = secrets.compare_digest(token.strip(), self._token)
        if scheme.lower() != b"bearer" or not known:
            raise ProxyError(401, "wrong_key", "Use the api_key in services.llm.")


def _stopped_error(error: LocomoVqaError) -> ProxyError:
    return ProxyError(500, "metering_failed", f"Calls can no longer be counted: {error.message}")
