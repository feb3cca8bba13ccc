"""The endpoint that the proxy passes requests on to."""

from __future__ import annotations

import base64
import urllib.request
from collections.abc import Iterable
from urllib.parse import unquote, urlencode, urlsplit

import httpcore
import httpx

from locomo_vqa.keys import add_secret
from locomo_vqa.models.endpoint import address_of, provider_of
from locomo_vqa.models.key_homes import no_key_hint
from locomo_vqa.models.loopback import is_loopback
from locomo_vqa.system import Endpoint

from .network import JoiningBackend

__all__ = ["Header", "Upstream", "end_to_end"]

Header = tuple[bytes, bytes]

_CONNECT_TIMEOUT_S = 10.0
_IDLE_S = 4.0
"""Shorter than the 5 s after which common servers drop idle connections."""

_CONNECTIONS = 1000
_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization"}
    | {b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
"""Source: RFC 9110, section 7.6.1."""

_OURS = frozenset(
    {b"host", b"authorization", b"content-length", b"accept-encoding", b"expect", b"cookie"}
    | {b"api-key"}
)


class Upstream:
    """Sends requests with only address and key changed; never redirects or retries."""

    def __init__(self, endpoint: Endpoint) -> None:
        add_secret(endpoint.api_key)
        self.address = address_of(endpoint)
        """The base URL, without user name and password."""
        self.provider = provider_of(endpoint)
        """The host and port."""
        self.no_key_hint = no_key_hint(endpoint)
        """What to do where the endpoint wants a key; None if one is sent."""
        self.timeout_s = endpoint.timeout_s
        """The time limit of a whole call, in seconds."""
        url = urlsplit(endpoint.base_url)
        self._scheme = url.scheme.encode()
        self._host = str(url.hostname).encode("idna")
        self._port = url.port
        self._base = url.path.rstrip("/").encode()
        name = b"[%s]" % self._host if b":" in self._host else self._host
        host = b"%s:%d" % (name, url.port) if url.port else name
        self._headers = [
            (b"host", host),
            (b"authorization", _authorization(endpoint)),
            (b"accept-encoding", b"identity"),  # Metering needs readable replies.
        ]
        self._query = urlencode(endpoint.query).encode()
        if "api-version" in endpoint.query:
            self._headers.append((b"api-key", endpoint.api_key.encode()))
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context() if url.scheme == "https" else None,
            proxy=_proxy_for(url.scheme, str(url.hostname)),
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_S,
            network_backend=JoiningBackend(),
        )

    async def send(
        self, method: str, tail: bytes, query: bytes, headers: Iterable[Header], content: bytes
    ) -> httpcore.Response:
        """Return the response, whose `stream` has the body; the caller must close it.

        `tail` is the path after /v1. Errors are httpcore's.
        """
        query = query or self._query
        target = (self._base + tail or b"/") + (b"?" + query if query else b"")
        passed = [header for header in end_to_end(headers) if header[0] not in _OURS]
        if content or method in ("POST", "PUT", "PATCH"):
            passed.append((b"content-length", b"%d" % len(content)))
        return await self._pool.handle_async_request(
            httpcore.Request(
                method,
                httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=target),
                headers=self._headers + passed,
                content=content,
                extensions={"timeout": {"connect": _CONNECT_TIMEOUT_S}},
            )
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


def end_to_end(headers: Iterable[Header]) -> list[Header]:
    """Return the end-to-end headers, with names in lower case."""
    found = [(name.lower(), value) for name, value in headers]
    named = {
        token.strip().lower()
        for name, value in found
        if name == b"connection"
        for token in value.split(b",")
    }
    return [header for header in found if header[0] not in _HOP_BY_HOP | named]


def _authorization(endpoint: Endpoint) -> bytes:
    url = urlsplit(endpoint.base_url)
    if url.username or url.password:  # As in httpx, and thus in the `openai` package.
        pair = f"{unquote(url.username or '')}:{unquote(url.password or '')}"
        return b"Basic " + base64.b64encode(pair.encode())
    return b"Bearer " + endpoint.api_key.encode()


def _proxy_for(scheme: str, host: str) -> httpcore.Proxy | None:
    """Return the network's proxy, if the environment names one for the host."""
    address = urllib.request.getproxies().get(scheme)
    if not address or is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    url = urlsplit(address if "://" in address else f"http://{address}")
    user = None if url.username is None else (unquote(url.username), unquote(url.password or ""))
    port = f":{url.port}" if url.port else ""
    return httpcore.Proxy(f"{url.scheme}://{url.hostname}{port}", auth=user)
