"""Opens the client of an endpoint: loopback directly, everything else as the environment says."""

from __future__ import annotations

import ipaddress
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from locomo_vqa.errors import InputError
from locomo_vqa.http_bodies import ACCEPTED, bounded_bodies
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.system import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["MAX_REPLY_BYTES", "is_loopback", "open_client", "proxy_of"]

MAX_REPLY_BYTES = 8 << 20
"""The longest reply that is read: an answer's million characters fit, and 32 at once in memory."""


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, so that no network proxy can reach it."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def proxy_of(url: str) -> str | None:
    """Return the network proxy that the environment names for an address, without credentials."""
    parts = urlsplit(url)
    host = str(parts.hostname)
    proxies = urllib.request.getproxies()
    address = proxies.get(parts.scheme) or proxies.get("all")
    if not address or is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    return hide_credentials(address)


def open_client(endpoint: Endpoint) -> AsyncOpenAI:
    """Return the client of an endpoint, which makes every call once.

    It follows no redirects: the key is for the endpoint's own address.

    Raises:
        InputError: the environment names a network proxy that can't be used.
    """
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    url = endpoint.base_url
    settings: dict[str, Any] = {"timeout": endpoint.timeout_s, "follow_redirects": False}
    if is_loopback(str(urlsplit(url).hostname)):
        settings["trust_env"] = False
    query = dict(endpoint.query)
    try:
        return AsyncOpenAI(
            base_url=url,
            api_key=endpoint.api_key,
            timeout=endpoint.timeout_s,
            max_retries=0,
            default_query=query or None,
            default_headers={"api-key": endpoint.api_key} if "api-version" in query else None,
            http_client=DefaultAsyncHttpxClient(
                base_url=url,
                headers={"accept-encoding": ACCEPTED},
                event_hooks=bounded_bodies(MAX_REPLY_BYTES),
                **settings,
            ),
        )
    except (ImportError, ValueError) as error:
        proxy = proxy_of(url)
        if proxy is None:
            raise
        raise InputError(
            f"The proxy {proxy}, which the environment names, can't be used ({error}).",
            "Unset the variable (such as ALL_PROXY), name the host in NO_PROXY, or, for a SOCKS "
            "proxy, install its support: pip install 'httpx[socks]'.",
        ) from None
