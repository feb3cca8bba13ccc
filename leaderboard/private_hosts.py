"""Finds and hides the names of hosts that only a private network knows.

`localhost`, an address such as 192.168.0.7, a name without a dot, or one that ends in `.lan`: none
of them means anything to a reader, and each shows how somebody's network is set up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from locomo_vqa.public_addresses import is_public

__all__ = ["find_private_hosts", "hide_private_hosts", "is_private_host"]

_HIDDEN = "…"
_ENDINGS = frozenset(
    [
        "arpa",
        "corp",
        "home",
        "internal",
        "intranet",
        "lan",
        "local",
        "localdomain",
        "localhost",
        "private",
        "svc",
    ]
)
"""Top-level names that the public Internet does not have, or has for other purposes."""

_NOT_A_NETWORK = frozenset(("doi", "file", "gs", "hf", "s3", "sqlite"))
"""Schemes after which the first part is not a host's name."""

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_NAME}\.)*{_NAME}"
_URL = re.compile(
    rf"\b(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{{0,30}}):\\*/\\*/(?:[^\s/@?#]*@)?"
    rf"(?:\[(?P<v6>[0-9A-Fa-f:.]+)(?:%\w+)?\]|(?P<host>{_HOST}))"
)
_NUMBERS = re.compile(
    r"(?<![\w.])(?P<host>(?:10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168)(?:\.\d{1,3}){2,3})"
    r"(?![\w.]*\d)"
)
_NAMED = re.compile(rf"\bhost(?:name)?=['\"](?P<host>{_HOST})['\"]")
_WITH_PORT = re.compile(
    rf"(?<![\w.@/-])(?P<host>(?:{_NAME}\.)+(?:{'|'.join(sorted(_ENDINGS))})|localhost)(?=:\d{{2,5}}\b)",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"(?<![\w.@/-])(?P<host>(?=[\w.]*(?:\d|-|\w\.\w+\.))(?:{_NAME}\.)+(?:corp|intranet|lan|localdomain))"
    r"(?![\w-])(?!\.\w)",
    re.IGNORECASE,
)
"""Without a port; other endings follow a missing space after a full stop, or name a module."""
_AT = re.compile(
    rf"(?<=\w)@(?P<host>(?:{_NAME}\.)+(?:{'|'.join(sorted(_ENDINGS))}))\b", re.IGNORECASE
)
_PATTERNS = (_URL, _NUMBERS, _NAMED, _WITH_PORT, _BARE, _AT)


def find_private_hosts(text: str) -> Iterator[str]:
    """Yield the private hosts that a text names in a URL, with a port, or as an address."""
    for pattern in _PATTERNS:
        for found in pattern.finditer(text):
            host = _host_of(found)
            if host is not None:
                yield host


def hide_private_hosts(text: str) -> str:
    """Return a text with an ellipsis in place of each private host."""
    for pattern in _PATTERNS:
        text = pattern.sub(_without_host, text)
    return text


def is_private_host(host: str) -> bool:
    """Return whether a host can't be reached from the public Internet by this name."""
    try:
        return not is_public(host)
    except ValueError:
        last = host.lower().rpartition(".")[2]
        number = last.isdigit() or last.startswith("0x")  # 127.1 is an address, too.
        return "." not in host or last in _ENDINGS or number


def _host_of(found: re.Match[str]) -> str | None:
    """Return the private host of a match; None if its host is public, or no host at all."""
    groups = found.groupdict()
    if (groups.get("scheme") or "").lower() in _NOT_A_NETWORK:
        return None
    host = groups.get("v6") or groups["host"]
    if found.re is _NUMBERS and host.count(".") != 3:
        return None
    return host if is_private_host(host) else None


def _without_host(found: re.Match[str]) -> str:
    host = _host_of(found)
    if host is None:
        return found.group()
    return found.group().replace(f"[{host}]" if ":" in host else host, _HIDDEN)
