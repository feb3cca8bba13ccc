"""HTTP over connections to checked addresses only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Self

import httpcore
import httpx

from .addresses import Addresses

__all__ = ["Network"]

_CONNECT_TO = 3
"""How many of a host's addresses to try."""


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Resolves and checks a host name itself, and connects to the checked address."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                found = await self._addresses.find(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("no name server answered") from error
        problem: Exception | None = None
        for address in found[:_CONNECT_TO]:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem or httpcore.ConnectError("the name has no address")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


class Network:
    """Sends single GET requests: no redirects, no cookies, no proxy.

    It replaces httpx's client, which would follow cookies, redirects and the environment. A proxy
    would open addresses that were never checked; if the network needs one, use a mirror.
    HTTP/1.1 is enough: several hundred hosts with a few images each gain nothing from many requests
    on one connection. Errors are httpcore's, `Blocked`, and `socket.gaierror`.
    """

    def __init__(
        self,
        addresses: Addresses,
        *,
        connections: int,
        connect_timeout: float,
        read_timeout: float,
        headers: Mapping[str, str],
    ) -> None:
        """Set up without connecting; `headers` are sent with every request."""
        self._timeout = {
            "connect": connect_timeout,
            "read": read_timeout,
            "write": read_timeout,
            "pool": None,
        }
        self._headers = headers
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=15,
            network_backend=_CheckedBackend(addresses),
        )

    async def get(self, url: httpx.URL) -> httpx.Response:
        """Return the response to a request; read its body with `aiter_raw`, and close it."""
        response = await self._pool.handle_async_request(
            httpcore.Request(
                "GET",
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=httpx.Headers({"Host": url.netloc.decode("ascii"), **self._headers}).raw,
                extensions={"timeout": self._timeout},
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()
