"""Removes this process's keys from replies, so that a system can't get them from an endpoint.

An endpoint may repeat the key that it was sent. A key in one piece is replaced by asterisks (see
`KeyMask`). A key that is split over several texts of a reply could be reassembled by the reader
(see `SplitKeySearch`), so such a reply is refused, or, if it is a stream, cut off before the last
part of the key.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable

import httpcore

from locomo_vqa.http_bodies import CODED, Undecodable, decompress
from locomo_vqa.keys import KeyMask
from locomo_vqa.models.clients import MAX_REPLY_BYTES
from locomo_vqa.split_keys import SplitKeySearch

from .reply import MAX_KEPT_BYTES
from .upstream import Header, end_to_end

__all__ = ["KeyFreeReply"]

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_STREAM_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:data|event|id|retry)?:")
_JSON_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{\"]")
_LINES = (b"application/x-ndjson", b"application/jsonl", b"application/json-seq")
_MEDIA = (b"audio/", b"image/", b"video/", b"application/octet-stream")
_BEGUN = 16
"""A body is a stream of events, or is not, by this many of its first bytes."""
_MOST_PENDING = 1 << 20
"""The longest event, in bytes, that is held back until it is complete."""


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
        watch = _Watch(_value(self.headers, b"content-type").strip().lower())
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
    """Searches a body for a split key."""

    def __init__(self, kind: bytes) -> None:
        """Begin with a body of this content type."""
        self._ends: re.Pattern[bytes] | None = None
        if kind.startswith(b"text/event-stream"):
            self._ends = _EVENT_END
        elif kind.startswith(_LINES):
            self._ends = _LINE_END
        self._media = kind.startswith(_MEDIA)
        self._pending = bytearray()
        self._search = SplitKeySearch()
        self._long = False

    def check(self, piece: bytes, *, last: bool = False) -> bytes:
        """Return what can be passed on: whole events of a stream, or the whole of another body.

        Media are passed on as they arrive, as are bodies that are too long to be kept.

        Raises:
            httpcore.RemoteProtocolError: this piece completes a key.
        """
        pending = self._pending
        searched = max(0, len(pending) - 3)
        pending += piece
        if _JSON_BEGIN.match(pending[:_BEGUN]):
            self._media = False
        if self._ends is None and _STREAM_BEGIN.match(pending[:_BEGUN]):
            self._ends = _EVENT_END
        if self._ends is not None:
            kept = self._complete(searched, last=last)
        elif self._media or self._long or len(pending) > MAX_REPLY_BYTES:
            self._long = True
            kept = len(pending)
        else:
            kept = len(pending) if last else 0
        ready = bytes(pending[:kept])
        del pending[:kept]
        self._look_at(ready)
        return ready

    def _complete(self, start: int, *, last: bool) -> int:
        """Return where the last complete event ends."""
        assert self._ends is not None
        if last or len(self._pending) > _MOST_PENDING:
            return len(self._pending)
        return max((end.end() for end in self._ends.finditer(self._pending, start)), default=0)

    def _look_at(self, ready: bytes) -> None:
        if not ready:
            return
        text = ready.replace(b"\0", b"").decode("utf-8", "replace")  # UTF-16 has zeros.
        found = self._search.finds_key_in_words(text)
        if self._ends is not None:
            events = self._ends.split(ready)
            texts = [event.replace(b"\0", b"").decode("utf-8", "replace") for event in events]
            found = any(map(self._search.finds_key, texts)) or found
        elif not self._media:
            found = self._search.finds_key(text) or found
        if found:
            raise httpcore.RemoteProtocolError("it repeats the key")


def _value(headers: Iterable[Header], wanted: bytes) -> bytes:
    return next((value for name, value in headers if name == wanted), b"")
