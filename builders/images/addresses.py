"""Which addresses may be downloaded from: http and https at public addresses, nothing else.

A benchmark's URLs come from strangers, and a URL can name the machine that opens it, a host on its
network, or a cloud's metadata service. So names are resolved here, every address is checked, and
the connection goes to the checked address: a name server that answers differently the second time
gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

__all__ = ["PORTS", "Addresses", "Blocked", "Resolve", "is_public", "parse_url", "resolve"]

PORTS = frozenset({80, 443, 8080, 8443})
"""The ports that web servers use; others may belong to services that strangers must not reach."""

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host name; raises `socket.gaierror`."""

_V4_REFUSED = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
"""IANA's special-purpose registry for IPv4, written out because Python's own list differs between
its versions."""

_V6_GLOBAL = ipaddress.IPv6Network("2000::/3")
_V6_REFUSED = tuple(
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
"""Exceptions in the global range: protocol assignments with Teredo, examples, and 6to4, which can
carry any IPv4 address."""

_V6_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


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


def is_public(address: str) -> bool:
    """Return whether an IP address can belong to a web server on the public Internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in _V6_NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        return ip in _V6_GLOBAL and not any(ip in network for network in _V6_REFUSED)
    return not any(ip in network for network in _V4_REFUSED)


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
