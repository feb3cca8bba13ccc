"""The address of a Ray cluster: its form, and whether a cluster answers there."""

from __future__ import annotations

import os
import re
import socket

from locomo_vqa.arguments import nearest
from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.text import escape_unprintable

__all__ = ["ON_A_NODE", "check_address", "check_reachable", "without_secrets"]

ON_A_NODE = "Start this on a node of the cluster, and name the address that `ray start` printed."
"""What helps against most wrong addresses."""

_LABEL = "[A-Za-z0-9_-]{1,63}"
_HOST = re.compile(rf"(?!.{{254}})(?:{_LABEL}\.)*{_LABEL}\.?|\[[0-9A-Fa-f:.]+\]")
_SCHEME = re.compile("(?:[a-z]+:)*//")
_WORDS = ("auto", "local")
_LAST_PORT = 65535
_MOST_SHOWN = 80
_REACH_S = 10.0
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""What a client of gRPC, which Ray speaks, sends first; the last 9 bytes are a SETTINGS frame."""
_SETTINGS = 4


def check_address(address: str, *, where: str = "`workers`") -> None:
    """Check the form of a cluster's address, such as `auto` or `10.0.0.1:6379`.

    `where` is what gave it.

    Raises:
        InputError: it has another form, which the message shows without a password.
    """
    host, colon, port = address.rpartition(":")
    if address in _WORDS:
        return
    if address.startswith("//"):
        problem = f"ray:{without_secrets(address)} is the address of a Ray client"
    elif "@" in address:
        problem = f"{without_secrets(address)} has a user; the address of a Ray cluster has none"
    elif not colon and _HOST.fullmatch(address):
        problem = f"{without_secrets(address)} has no port"
    elif _HOST.fullmatch(host) and not _is_port(port):
        problem = f"the port {without_secrets(port)!r} is not a number from 1 to {_LAST_PORT}"
    elif not _HOST.fullmatch(host):
        problem = f"{without_secrets(address)!r} is not the address of a Ray cluster"
    else:
        return
    close = nearest(address.strip(), _WORDS)
    raise InputError(f"{where}: {problem}.", f"Did you mean 'ray:{close}'?" if close else ON_A_NODE)


def without_secrets(text: str) -> str:
    """Return a text as errors show it: cut, printable, and without what stands before an @."""
    _, at, host = text.rpartition("@")
    scheme = _SCHEME.match(text)
    shown = f"{scheme[0] if scheme else ''}…@{host}" if at else text
    return escape_unprintable(shown, most=_MOST_SHOWN)


def _is_port(text: str) -> bool:
    return re.fullmatch("[0-9]{1,5}", text) is not None and 0 < int(text) <= _LAST_PORT


def check_reachable(address: str | None) -> None:
    """Check that a server of gRPC answers at a cluster's address; Ray would try for minutes.

    Raises:
        InputError: Ray's variable with the address is wrong.
        MissingResource: none does.
    """
    if address in (None, "auto"):
        address = os.environ.get("RAY_ADDRESS")
        if address:
            check_address(address, where="RAY_ADDRESS")
    host, _, port = (address or "").rpartition(":")
    if not _HOST.fullmatch(host) or not _is_port(port):
        return
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_REACH_S) as server:
            if os.environ.get("RAY_USE_TLS", "0") == "0" and not _speaks_grpc(server):
                raise ValueError("something else listens there")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MissingResource(
            f"No Ray cluster answers at {address} ({reason}).",
            "Start its head with `ray start`, or correct the address.",
        ) from None


def _speaks_grpc(server: socket.socket) -> bool:
    """Return whether a server's first frame is one of HTTP/2."""
    server.sendall(_PREFACE)
    with server.makefile("rb") as replies:
        frame = replies.read(9)
    return len(frame) == 9 and frame[3] == _SETTINGS
