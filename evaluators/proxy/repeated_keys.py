"""Removes this process's keys from replies, so that a system can't get them from an endpoint.

An endpoint may repeat the key that it was sent. Where it is in one piece, it is replaced by
asterisks (see `KeyMask`). Where it is cut up, over the events of a stream or the parts of a
message, a reader would put it together again: such a reply ends before its last part.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import httpcore

from locomo_vqa.http_bodies import CODED, Undecodable, decompress
from locomo_vqa.json_gate import load_json
from locomo_vqa.keys import KeyMask, has_secret

from .upstream import Header, end_to_end

__all__ = ["KeyFreeReply"]

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_PARTS = re.compile(rb'"content"\s*:\s*\[')
"""A message whose content is a list; in any other form a text comes in one piece."""
_TAIL = 1024
"""Characters of a text that are kept while more of it may come: more than a key has."""
_MOST_PENDING = 1 << 20
"""Bytes of one event that are looked at."""


class KeyFreeReply:
    """The head and the body of an endpoint's reply, uncompressed and without known keys."""

    def __init__(self, response: httpcore.Response) -> None:
        """Read the head.

        Raises:
            httpcore.RemoteProtocolError: it is compressed in a way that was not asked for and that
                can't be undone.
        """
        self._response = response
        self._mask = KeyMask()
        headers = end_to_end(response.headers)
        coding = _value(headers, b"content-encoding").strip().lower().decode("latin-1")
        if coding not in CODED | {"", "identity"}:
            raise httpcore.RemoteProtocolError("the reply is compressed, which was not asked for")
        if coding in CODED:
            names = (b"content-encoding", b"content-length")
            headers = [header for header in headers if header[0] not in names]
        self._coding = coding
        self.headers: list[Header] = self._mask.headers(headers)
        """The headers that are for the other end."""

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives.

        Raises:
            httpcore.RemoteProtocolError: its compression is broken, or a key is cut up in it.
        """
        stream = _value(self.headers, b"content-type").lower().startswith(b"text/event-stream")
        watch = _Watch(stream=stream)
        coded = aiter(self._response.aiter_stream())
        try:
            async for piece in self._mask.stream(decompress(coded, self._coding)):
                watch.add(piece)
                yield piece
        except Undecodable:
            raise httpcore.RemoteProtocolError("its compression is broken") from None


class _Watch:
    """Looks for a key that is cut up over parts of a body."""

    def __init__(self, *, stream: bool) -> None:
        self._stream = stream
        self._pending = b""
        self._tails: dict[str, str] = {}

    def add(self, piece: bytes) -> None:
        """Look at a piece.

        Raises:
            httpcore.RemoteProtocolError: with it, a key is complete.
        """
        if len(self._pending) > _MOST_PENDING:
            return
        self._pending += piece
        for text in self._documents():
            self._check(text)

    def _documents(self) -> Iterator[bytes]:
        """Yield the JSON that is complete: of a stream's events, or of the whole body."""
        if not self._stream:
            if self._pending.rstrip()[-1:] == b"}" and _PARTS.search(self._pending):
                yield self._pending
            return
        *events, self._pending = _EVENT_END.split(self._pending)
        for event in events:
            lines = [line[5:] for line in event.splitlines() if line.startswith(b"data:")]
            yield b"\n".join(lines)

    def _check(self, text: bytes) -> None:
        try:
            document = load_json(text)
        except (ValueError, RecursionError):
            return
        tails = self._tails if self._stream else {}
        for path, part in _texts(document):
            tails[path] = tail = tails.get(path, "")[-_TAIL:] + part
            if has_secret(tail):
                raise httpcore.RemoteProtocolError("it repeats the key")


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a document with its path, which is the same for all items of a list."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, f"{path}.{name}")


def _value(headers: Iterable[Header], wanted: bytes) -> bytes:
    return next((value for name, value in headers if name == wanted), b"")
