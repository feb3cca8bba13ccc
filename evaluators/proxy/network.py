"""Connections that send a request's headers and a short body in one packet."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

__all__ = ["JoiningBackend"]

_MOST = 1 << 16


class JoiningBackend(httpcore.AsyncNetworkBackend):
    """Opens asyncio connections that combine all writes before the next read.

    Sending twice wakes up the endpoint twice, which costs a millisecond on a busy machine.
    """

    def __init__(self) -> None:
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection."""
        return _Joining(
            await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        )

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)


class _Joining(httpcore.AsyncNetworkStream):
    """A connection that sends its data when it is read from, or when there is a lot of it."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._pending = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with contextlib.suppress(httpcore.WriteError):  # There may still be a reply.
            await self._flush(timeout)
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if len(self._pending) + len(buffer) > _MOST:
            await self._flush(timeout)
            await self._inner.write(buffer, timeout)
        else:
            self._pending += buffer

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        await self._flush(timeout)
        return _Joining(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    async def _flush(self, timeout: float | None) -> None:
        pending, self._pending = self._pending, b""
        if pending:
            await self._inner.write(pending, timeout)
