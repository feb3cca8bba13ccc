"""Hides API keys wherever they could be shown or written.

Every key that this process reads is known here (see `key_variables`). `scrub` hides the known keys
in a text; it is applied to what comes from outside, to errors, and to everything that is written or
shown, since an endpoint may repeat a key in its reply. A key is also hidden if it is escaped,
as in `\\u0073k-…`, or in base64 or hexadecimal digits (see `key_forms`).
"""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from urllib.parse import SplitResult, unquote

from locomo_vqa.key_forms import find_start, forms_of, replace_form

__all__ = [
    "KeyMask",
    "add_credentials",
    "add_known_forms",
    "add_secret",
    "has_secret",
    "known_forms",
    "scrub",
]

_MIN_LENGTH = 8
"""Shorter keys, such as `none` for a local server, are words that may occur in any text."""

_WORD = re.compile(r"[A-Za-z]?[a-z]{0,15}|[A-Z]{0,15}|[0-9]{0,15}")
"""A key that is one word or number, which must not be removed from answers."""

_ESCAPES = re.compile(r"[\\%&]")
_HIDDEN = "…"
_secrets: dict[str, None] = {}
"""Every known key, in each of its forms."""


def add_secret(value: str) -> None:
    """Hide a value in all texts from now on, unless it is too short or a word."""
    if len(value) >= _MIN_LENGTH and value not in _secrets and not _WORD.fullmatch(value):
        _secrets.update(dict.fromkeys(forms_of(value)))


def add_credentials(url: SplitResult) -> None:
    """Hide the password of a URL, and the base64 form in which it is sent."""
    if url.password:
        user, password = unquote(url.username or ""), unquote(url.password)
        add_secret(password)
        add_secret(base64.b64encode(f"{user}:{password}".encode()).decode("ascii"))


def scrub(text: str) -> str:
    """Return a text with every known key replaced by an ellipsis."""
    if not _secrets:
        return text
    escaped = _ESCAPES.search(text) is not None
    for secret in _secrets:
        if escaped:
            text = replace_form(secret, text, lambda found: _HIDDEN)
        elif secret in text:
            text = text.replace(secret, _HIDDEN)
    return text


def has_secret(text: str) -> bool:
    """Return whether a text has a known key, in any of its forms."""
    return scrub(text) != text


def add_known_forms(forms: Iterable[str]) -> None:
    """Hide what another process of the same work hides; see `known_forms`."""
    _secrets.update(dict.fromkeys(forms))


def known_forms() -> tuple[str, ...]:
    """Return every known key, in each of its forms."""
    return tuple(_secrets)


class KeyMask:
    """Masks known keys in a stream of bytes with asterisks, keeping the length."""

    def __init__(self) -> None:
        # Bytes are read as Latin-1, which has a character for each.
        self._secrets = tuple(
            secret.encode("utf-8", "surrogateescape").decode("latin-1") for secret in _secrets
        )
        self._held = ""

    def mask(self, piece: bytes, *, last: bool = False) -> bytes:
        """Return the bytes that can be passed on: all but a tail that may be the start of a key."""
        if not self._secrets:
            return piece
        text = _masked(self._held + piece.decode("latin-1"), self._secrets)
        kept = len(text) if last else min(find_start(secret, text) for secret in self._secrets)
        self._held = text[kept:]
        return text[:kept].encode("latin-1")

    async def stream(self, pieces: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """Yield masked pieces."""
        async for piece in pieces:
            if masked := self.mask(piece):
                yield masked
        if rest := self.mask(b"", last=True):
            yield rest

    def headers(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return headers with masked values, without those that have a key in their names."""
        # Names are in lower case, or are read so.
        lower = tuple(secret.lower() for secret in self._secrets)
        return [
            (name, _masked(value.decode("latin-1"), self._secrets).encode("latin-1"))
            for name, value in headers
            if _masked(shown := name.decode("latin-1").lower(), lower) == shown
        ]


def _masked(text: str, secrets: Iterable[str]) -> str:
    escaped = _ESCAPES.search(text) is not None
    for secret in secrets:
        if escaped:
            text = replace_form(secret, text, lambda found: "*" * len(found))
        elif secret in text:
            text = text.replace(secret, "*" * len(secret))
    return text
