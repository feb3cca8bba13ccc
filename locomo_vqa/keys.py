"""Keys are hidden wherever they come back.

Every key that this process reads is known here (see `key_variables`). `scrub` hides the known keys
in a text; it is applied to what comes from outside, to errors, and to everything that is written or
shown, since an endpoint may repeat a key in its reply.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from urllib.parse import SplitResult, quote, unquote

__all__ = ["KeyMask", "add_credentials", "add_secret", "scrub"]

_MIN_LENGTH = 8
"""Shorter keys, such as the `none` of a local server, are words that may occur in any text."""

_HIDDEN = "…"
_secrets: dict[str, None] = {}


def add_secret(value: str) -> None:
    """Hide a value in all texts from now on, unless it is too short to be a key."""
    if len(value) >= _MIN_LENGTH:
        for form in (value, quote(value, safe=""), value.replace("/", "\\/")):
            _secrets[form] = None


def add_credentials(url: SplitResult) -> None:
    """Hide the password of an address, also as it is sent."""
    if url.password:
        user, password = unquote(url.username or ""), unquote(url.password)
        add_secret(password)
        add_secret(base64.b64encode(f"{user}:{password}".encode()).decode("ascii"))


def scrub(text: str) -> str:
    """Return a text in which an ellipsis takes the place of every known key."""
    for secret in _secrets:
        if secret in text:
            text = text.replace(secret, _HIDDEN)
    return text


class KeyMask:
    """Masks the known keys in bytes that come in pieces, with as many asterisks."""

    def __init__(self) -> None:
        self._secrets = [secret.encode() for secret in _secrets]
        self._held = b""

    def mask(self, piece: bytes, *, last: bool = False) -> bytes:
        """Return what can be passed on: all but an end that may be the start of a key."""
        data = self._held + piece
        for secret in self._secrets:
            if secret in data:
                data = data.replace(secret, b"*" * len(secret))
        held = 0 if last else max((_overlap(data, s) for s in self._secrets), default=0)
        self._held = data[len(data) - held :]
        return data[: len(data) - held]

    async def stream(self, pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """Yield masked pieces."""
        async for piece in pieces:
            if masked := self.mask(piece):
                yield masked
        if rest := self.mask(b"", last=True):
            yield rest

    def headers(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return headers with masked values."""
        found = []
        for name, value in headers:
            for secret in self._secrets:
                value = value.replace(secret, b"*" * len(secret))
            found.append((name, value))
        return found


def _overlap(data: bytes, secret: bytes) -> int:
    """Return how many bytes at the end of `data` are the beginning of a secret."""
    for length in range(min(len(secret) - 1, len(data)), 0, -1):
        if data.endswith(secret[:length]):
            return length
    return 0
