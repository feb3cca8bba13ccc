"""Removes this process's keys from replies, so that a system can't get them from an endpoint.

An endpoint may repeat the key that it was sent. A key in one piece is replaced by asterisks (see
`KeyMask`). A key that is split over the events of a stream or the parts of a message could be
reassembled by the reader, so such a reply is cut off before the last part of the key.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import httpcore

from locomo_vqa.http_bodies import CODED, Undecodable, decompress
from locomo_vqa.json_gate import load_json
from locomo_vqa.keys import KeyMask, has_secret

from .reply import MAX_KEPT_BYTES
from .upstream import Header, end_to_end

__all__ = ["KeyFreeReply"]

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_PARTS = re.compile(rb'"content"\s*:\s*\[')
"""A message whose content is a list; in any other form, a text is in one piece."""
_TAIL = 1024
"""How many of a text's last characters are kept while it may continue: more than a key has."""
_MOST_PENDING = 1 << 20
"""The longest event, in bytes, that is searched."""


class KeyFreeReply:
    """The head and the body of an endpoint's reply, uncompressed and without known keys."""

    def __init__(self, response: httpcore.Response) -> None:
        """Read the head.

        Raises:
            httpcore.RemoteProtocolError: it is compressed with a method that was not requested and
                can't be decompressed.
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
        """The headers to forward to the system."""

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives.

        Raises:
            httpcore.RemoteProtocolError: its compression is broken, or it contains a split key.
        """
        stream = _value(self.headers, b"content-type").lower().startswith(b"text/event-stream")
        watch = _Watch(stream=stream)
        coded = aiter(self._response.aiter_stream())
        try:
            async for piece in self._mask.stream(self._plain(coded)):
                if checked := watch.check(piece):
                    yield checked
            if rest := watch.check(b"", last=True):
                yield rest
        except Undecodable:
            raise httpcore.RemoteProtocolError("its compression is broken") from None

    async def _plain(self, coded: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the body uncompressed, up to a limit, letting other tasks run in between."""
        json = b"json" in _value(self.headers, b"content-type").lower()
        size = 0
        async for piece in decompress(coded, self._coding):
            size += len(piece)
            if self._coding in CODED and size > MAX_KEPT_BYTES:
                raise httpcore.RemoteProtocolError("it is too long, uncompressed")
            if json and b"\0" in piece:  # As in UTF-16, in which a key would not be seen.
                raise httpcore.RemoteProtocolError("it is not JSON in UTF-8")
            yield piece
            if self._coding in CODED:
                await asyncio.sleep(0)


class _Watch:
    """Searches the parts of a body for a split key."""

    def __init__(self, *, stream: bool) -> None:
        self._stream = stream
        self._pending = b""
        self._tails: dict[str, str] = {}

    def check(self, piece: bytes, *, last: bool = False) -> bytes:
        """Return what can be passed on: whole events of a stream, or pieces of a very long event.

        Raises:
            httpcore.RemoteProtocolError: this piece completes a key.
        """
        if not self._stream:
            self._look_at_whole(piece)
            return piece
        text = self._pending + piece
        ends = [found.end() for found in _EVENT_END.finditer(text)]
        kept = len(text) if last or len(text) > _MOST_PENDING else max(ends, default=0)
        self._pending = text[kept:]
        for event in _EVENT_END.split(text[:kept]):
            lines = [line[5:] for line in event.splitlines() if line.startswith(b"data:")]
            self._look_at(b"\n".join(lines), self._tails)
        return text[:kept]

    def _look_at_whole(self, piece: bytes) -> None:
        """Search a body that is not a stream once it is complete, unless it is long."""
        if len(self._pending) <= _MOST_PENDING:
            self._pending += piece
            if self._pending[-64:].rstrip()[-1:] == b"}" and _PARTS.search(self._pending):
                self._look_at(self._pending, {})

    def _look_at(self, text: bytes, tails: dict[str, str]) -> None:
        if not text:
            return
        try:
            document = load_json(text)
        except (ValueError, RecursionError):
            return
        for path, part in _texts(document):
            tails[path] = tail = tails.get(path, "")[-_TAIL:] + part
            if has_secret(tail):
                raise httpcore.RemoteProtocolError("it repeats the key")


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a document with its path; only an `index` distinguishes list items."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, path)
    elif isinstance(value, dict):
        path += f"[{value['index']}]" if isinstance(value.get("index"), int) else ""
        for name, item in value.items():
            yield from _texts(item, f"{path}.{name}")


def _value(headers: Iterable[Header], wanted: bytes) -> bytes:
    return next((value for name, value in headers if name == wanted), b"")
