"""Model names of the form `openai:<base URL>?model=<name>`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from locomo_vqa.errors import InputError
from locomo_vqa.json_gate import MAX_NESTING, BadValue, load_json
from locomo_vqa.key_variables import read_key
from locomo_vqa.keys import add_credentials, add_secret
from locomo_vqa.models.key_homes import KEY_VARIABLE, NO_KEY, is_home
from locomo_vqa.models.names import EXAMPLES, ModelName, parse_name
from locomo_vqa.models.reply_limit import ReplyLimit
from locomo_vqa.system import Endpoint

__all__ = ["ENDPOINT_OPTIONS", "address_of", "parse_endpoint", "provider_of"]

ENDPOINT_OPTIONS = ("api-version", "in_flight", "key", "max_tokens", "model", "revision")
"""The options that a model's name may have, besides `body.` with a request field.

`max_tokens` is the longest reply, thoughts included, in place of each task's own limit.
`body.enable_thinking=false` adds that field to every request; further dots address nested objects,
and a value that is valid JSON is parsed.
"""

_BODY = "body."
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_OWN_FIELDS = frozenset({"messages", "model"})
_REMEDY = f"Write it like {EXAMPLES['openai']}."


def parse_endpoint(spec: str, *, timeout_s: float, parameter: str = "model") -> Endpoint:
    """Parse a model's name; the key comes from an environment variable.

    The variable is the one that the option `key` names; `key=none` sends none. Without that option
    it is OPENAI_API_KEY, for the addresses that `key_homes` allows.

    `timeout_s` is the time limit of one call; `parameter` is the parameter that errors name.

    Raises:
        InputError: it is not of this form, or the key is missing or malformed.
    """
    name = parse_name(spec, parameter=parameter)
    try:
        url = urlsplit(name.target)
        good = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:  # A port that is not a number, or an unclosed bracket.
        good = False
    if name.scheme != "openai" or not good:
        raise InputError(f"{name.label}: is not an endpoint's name.", _REMEDY)
    extra = [option for option in name.options if option.startswith(_BODY)]
    model = name.check_options(*ENDPOINT_OPTIONS, *extra).text("model", "")
    if not model:
        raise InputError(f"{name.label}: does not name a model of the server.", _REMEDY)
    base = urlunsplit((url.scheme, url.netloc, url.path.rstrip("/"), "", ""))
    add_credentials(url)
    version = name.options.get("api-version")
    return Endpoint(
        base_url=base,
        model=model,
        api_key=_key_of(name, base),
        timeout_s=timeout_s,
        query={"api-version": version} if version else {},
        body={**_body_of(name, extra), **ReplyLimit.of(name).identity()},
    )


def _key_of(name: ModelName, address: str) -> str:
    """Return the endpoint's key; if its name sets a variable, no other one is read."""
    variable = name.options.get("key")
    if variable is None:
        return (read_key(KEY_VARIABLE) if is_home(address) else None) or NO_KEY
    if variable == NO_KEY:
        return NO_KEY
    if not _VARIABLE.fullmatch(variable):
        add_secret(variable)
        raise InputError(
            f"{name.label}: its option key must be the name of an environment variable.",
            "Set a variable to the key and give its name, or give key=none to send none.",
        )
    if key := read_key(variable):
        return key
    shown = variable if variable.isupper() else "…"
    raise InputError(
        f"{name.label}: the environment variable {shown} of its option key is not set, or empty.",
        "Set it, or write key=none if the endpoint needs no key.",
    )


def _body_of(name: ModelName, options: Iterable[str]) -> dict[str, Any]:
    """Return the fields of the request that a name sets."""
    body: dict[str, Any] = {}
    for option in options:
        *path, last = option.removeprefix(_BODY).split(".")
        value = name.options[option]
        into = body
        for key in path:
            into = into.setdefault(key, {}) if isinstance(into, dict) else {}
        nested = isinstance(into, dict) and len(path) < MAX_NESTING
        if not last or last in _OWN_FIELDS or not nested:
            raise InputError(
                f"{name.label}: {option} can't be set.",
                f"Name a field of the request other than {', '.join(sorted(_OWN_FIELDS))}.",
            )
        try:
            into[last] = load_json(value)
        except BadValue as error:
            raise InputError(
                f"{name.label}: {option} can't be set: {error}.", "Give another value."
            ) from None
        except ValueError:
            into[last] = value
    return body


def provider_of(endpoint: Endpoint) -> str:
    """Return host and port of an endpoint, without a user name or a password."""
    url = urlsplit(endpoint.base_url)
    return f"{url.hostname}:{url.port}" if url.port else str(url.hostname)


def address_of(endpoint: Endpoint) -> str:
    """Return the base URL of an endpoint, without a user name or a password."""
    url = urlsplit(endpoint.base_url)
    return urlunsplit((url.scheme, provider_of(endpoint), url.path, "", ""))
