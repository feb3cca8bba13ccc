"""Opens an endpoint's client: loopback directly, others through the proxies in the environment."""

from __future__ import annotations

import os
import re
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from locomo_vqa.errors import InputError
from locomo_vqa.http_bodies import ACCEPTED, bounded_bodies
from locomo_vqa.keys import add_secret
from locomo_vqa.models.key_homes import is_account_home
from locomo_vqa.models.loopback import is_loopback
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.system import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["MAX_REPLY_BYTES", "open_client", "proxy_of"]

_METERED = re.compile(r"http://127\.0\.0\.1:\d+/c/[^/]+/\w+/v1")
"""An address of the metering proxy."""

MAX_REPLY_BYTES = 8 << 20
"""The longest reply that is read, in bytes: an answer of a million characters fits."""


def proxy_of(url: str) -> str | None:
    """Return the network proxy that the environment names for an address, without credentials."""
    parts = urlsplit(url)
    host = str(parts.hostname)
    proxies = urllib.request.getproxies()
    address = proxies.get(parts.scheme) or proxies.get("all")
    if not address or is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    return hide_credentials(address)


def open_client(endpoint: Endpoint, *, most_bytes: int = MAX_REPLY_BYTES) -> AsyncOpenAI:
    """Return a client for an endpoint, which makes every call only once.

    Redirects are not followed, because the key is meant only for the endpoint's own address.

    Raises:
        InputError: the environment names a network proxy that can't be used.
    """
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    url = endpoint.base_url
    if not _METERED.fullmatch(url):  # There the key is the proxy's, another one in every run.
        add_secret(endpoint.api_key)
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
            default_headers=_headers(endpoint),
            http_client=DefaultAsyncHttpxClient(
                base_url=url,
                headers={"accept-encoding": ACCEPTED},
                event_hooks=bounded_bodies(most_bytes),
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


def _headers(endpoint: Endpoint) -> dict[str, Any]:
    """Return the headers to send, omitting the environment's if the address must not see them.

    The package's own variables are meant for the address in OPENAI_BASE_URL, or OpenAI's: no other
    server should see what they say about an account.
    """
    from openai import Omit

    own: dict[str, Any] = {"Authorization": f"Bearer {endpoint.api_key}"}
    if "api-version" in endpoint.query:
        own["api-key"] = endpoint.api_key
    if is_account_home(endpoint.base_url):
        return own
    lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n")
    named = [line.partition(":")[0].strip() for line in lines if ":" in line]
    kept = {name.lower() for name in own}
    foreign = [
        name
        for name in ("OpenAI-Organization", "OpenAI-Project", *named)
        if name.lower() not in kept
    ]
    return {**{name: Omit() for name in foreign}, **own}
