"""Model names of the form `openai:<base URL>?model=<name>`."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, urlsplit, urlunsplit

from locomo_vqa.errors import InputError
from locomo_vqa.system import Endpoint

__all__ = ["parse_endpoint", "provider_of"]

_REMEDY = "Name it like openai:http://127.0.0.1:23333/v1?model=NAME."


def parse_endpoint(spec: str, *, timeout_s: float) -> Endpoint:
    """Read a model's name; the key comes from the environment variable OPENAI_API_KEY.

    Raises:
        InputError: it is not of the form above.
    """
    scheme, _, rest = spec.partition(":")
    url = urlsplit(rest)
    if scheme != "openai" or url.scheme not in ("http", "https") or not url.hostname:
        raise InputError(f"--model {spec}: is no model that this version can ask.", _REMEDY)
    model = parse_qs(url.query).get("model", [""])[0]
    if not model:
        raise InputError(f"--model {spec}: does not say which model of the server.", _REMEDY)
    base = urlunsplit((url.scheme, url.netloc, url.path.rstrip("/"), "", ""))
    key = os.environ.get("OPENAI_API_KEY") or "none"
    return Endpoint(base_url=base, model=model, api_key=key, timeout_s=timeout_s)


def provider_of(endpoint: Endpoint) -> str:
    """Return host and port of an endpoint, without a user name or a password."""
    url = urlsplit(endpoint.base_url)
    return f"{url.hostname}:{url.port}" if url.port else str(url.hostname)
