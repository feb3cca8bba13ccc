"""The addresses that OPENAI_API_KEY is sent to when a model's name doesn't mention a key.

It goes to the address in OPENAI_BASE_URL, or to OpenAI's own if that is not set, and to servers on
this machine. A name with `key=OPENAI_API_KEY` sends it to any address.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from locomo_vqa.models.loopback import is_loopback
from locomo_vqa.system import Endpoint

__all__ = ["KEY_VARIABLE", "NO_KEY", "is_account_home", "is_home", "no_key_hint"]

KEY_VARIABLE = "OPENAI_API_KEY"
"""The environment variable with the key, unless a name has the option `key`."""

NO_KEY = "none"
"""The value to send if there is no key."""

_BASE_VARIABLE = "OPENAI_BASE_URL"
_OPENAI = "https://api.openai.com/v1"
_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


def is_home(address: str) -> bool:
    """Return whether OPENAI_API_KEY is for the server at an address."""
    return is_loopback(str(urlsplit(address).hostname)) or is_account_home(address)


def is_account_home(address: str) -> bool:
    """Return whether an address is OPENAI_BASE_URL's, or OpenAI's own if that is not set."""
    home = _home()
    return home is not None and _origin(urlsplit(address)) == _origin(home)


def no_key_hint(endpoint: Endpoint) -> str | None:
    """Return what to do if an endpoint requires a key and none was sent; None if one was sent."""
    url = urlsplit(endpoint.base_url)
    if endpoint.api_key != NO_KEY or url.username or url.password:
        return None
    if is_home(endpoint.base_url):
        return f"No key was sent: set {KEY_VARIABLE}, or add key=VARIABLE to the model's name."
    if not os.environ.get(KEY_VARIABLE):
        return "No key was sent: set a variable to it, and add key=VARIABLE to the model's name."
    home = _home()
    at = f"{home.hostname} and " if home is not None else ""
    return (
        f"No key was sent: {KEY_VARIABLE} is only sent to {at}servers on this machine. Add "
        f"key={KEY_VARIABLE} to the model's name to send it to {url.hostname}, or key=VARIABLE "
        "for another key."
    )


def _home() -> SplitResult | None:
    """Return the address that the key is for, or None if the environment has no valid one."""
    try:
        url = urlsplit(os.environ.get(_BASE_VARIABLE) or _OPENAI)
        valid = url.scheme in _PORTS and url.hostname and url.port != 0
    except ValueError:
        return None
    return url if valid else None


def _origin(url: SplitResult) -> tuple[str, str, int]:
    """Return scheme, host and port."""
    return url.scheme, str(url.hostname).rstrip("."), url.port or _PORTS[url.scheme]
