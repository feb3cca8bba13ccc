"""Model names of the form `openai:<base URL>?model=<name>`."""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit

from locomo_vqa.errors import InputError
from locomo_vqa.models.names import EXAMPLES, parse_name
from locomo_vqa.system import Endpoint

__all__ = ["ENDPOINT_OPTIONS", "address_of", "parse_endpoint", "provider_of"]

ENDPOINT_OPTIONS = ("in_flight", "model", "revision")
"""The options that a name may have."""

_REMEDY = f"Write it like {EXAMPLES['openai']}."


def parse_endpoint(spec: str, *, timeout_s: float, parameter: str = "model") -> Endpoint:
    """Read a model's name; the key comes from the environment variable OPENAI_API_KEY.

    `timeout_s` is how long one call may take; `parameter` is what errors call the name.

    Raises:
        InputError: it has another form.
    """
    name = parse_name(spec, parameter=parameter)
    try:
        url = urlsplit(name.target)
        good = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:  # A port that is not a number, or an unclosed bracket.
        good = False
    if name.scheme != "openai" or not good:
        raise InputError(f"{name.label}: is not an endpoint's name.", _REMEDY)
    model = name.check_options(*ENDPOINT_OPTIONS).text("model", "")
    if not model:
        raise InputError(f"{name.label}: does not say which model of the server.", _REMEDY)
    base = urlunsplit((url.scheme, url.netloc, url.path.rstrip("/"), "", ""))
    key = os.environ.get("OPENAI_API_KEY") or "none"
    return Endpoint(base_url=base, model=model, api_key=key, timeout_s=timeout_s)


def provider_of(endpoint: Endpoint) -> str:
    """Return host and port of an endpoint, without a user name or a password."""
    url = urlsplit(endpoint.base_url)
    return f"{url.hostname}:{url.port}" if url.port else str(url.hostname)


def address_of(endpoint: Endpoint) -> str:
    """Return the base URL of an endpoint, without a user name or a password."""
    url = urlsplit(endpoint.base_url)
    return urlunsplit((url.scheme, provider_of(endpoint), url.path, "", ""))
