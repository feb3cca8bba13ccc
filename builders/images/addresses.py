"""Which addresses may be downloaded from: http and https at public addresses, nothing else.

A benchmark's URLs come from strangers, and a URL can name the machine that opens it, a host on its
network, or a cloud's metadata service. So names are resolved here, every address is checked, and
the connection goes to the checked address: a name server that answers differently the second time
gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from locomo_vqa.public_addresses import is_public

__all__ = ["PORTS", "Addresses", "Blocked", "Resolve", "parse_url", "resolve"]

PORTS = frozenset({80, 443, 8080, 8443})
"""The ports that web servers use; others may belong to services that strangers must not reach."""

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host name; raises `socket.gaierror`."""


class Blocked(Exception):
    """The URL must not be opened; `detail` says why in a few words."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def parse_url(text: str, *, base: httpx.URL | None = None) -> httpx.URL:
    """Parse a URL and check that all its parts can be read.

    Raises:
        httpx.InvalidURL: it is malformed.
    """
    try:
        url = httpx.URL(text) if base is None else base.join(text)
        _ = url.host, url.port  # httpx decodes a name only when it is asked for
    except ValueError as error:
        raise httpx.InvalidURL(str(error)) from None
    return url


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order in which the system prefers them."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except ValueError:  # for example, labels that are empty or too long
        raise socket.gaierror(socket.EAI_NONAME, "not a valid host name") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Which addresses may be opened."""

    allow_private: bool = False
    """Whether any address and any port may be opened, for your own servers."""
    allowed: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    """Single (address, port) pairs that may be opened although they are not public."""
    resolve: Resolve = resolve
    """How host names are resolved."""

    def check_url(self, url: httpx.URL) -> None:
        """Check a URL as far as possible before its host name is resolved.

        Raises:
            Blocked: its scheme or port is not allowed, or it has a user name or password.
        """
        if url.scheme not in {"http", "https"}:
            raise Blocked("only http and https are opened")
        if not url.host:
            raise Blocked("the URL has no host")
        if url.userinfo:
            raise Blocked("the URL has a user name or a password")
        ports = PORTS | {port for _, port in self.allowed}
        if not self.allow_private and url.port is not None and url.port not in ports:
            raise Blocked(f"port {url.port} is not one that web servers use")

    async def find(self, host: str, port: int) -> list[str]:
        """Return the checked addresses of a host.

        Raises:
            Blocked: one of them is not public, in which case none is opened.
            socket.gaierror: the name has no address, or no name server answers.
        """
        addresses = await self.resolve(host, port)
        if not self.allow_private:
            for address in addresses:
                if not is_public(address) and (address, port) not in self.allowed:
                    raise Blocked("the host's address is not a public one")
        return addresses
