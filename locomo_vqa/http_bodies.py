"""HTTP response bodies with a bound on their decompressed size.

HTTP clients decompress bodies without a limit, so four megabytes may become four gigabytes. Here,
decompression yields small pieces for any input, and their sizes are added up.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

__all__ = ["ACCEPTED", "CODED", "PIECE", "BadBody", "Undecodable", "bounded_bodies", "decompress"]

ACCEPTED = "gzip, deflate"
"""The value of `Accept-Encoding` to send: what `decompress` can undo."""

PIECE = 1 << 16
"""The most bytes in one decompressed piece."""

CODED = frozenset({"gzip", "x-gzip", "deflate"})
"""The values of `Content-Encoding` that `decompress` undoes."""


class Undecodable(Exception):
    """The bytes are not encoded as declared."""


class BadBody(Exception):
    """A reply's body is too long, or is not encoded as declared."""


def bounded_bodies(most: int) -> dict[str, list[Callable[[Any], Awaitable[None]]]]:
    """Return `event_hooks` that limit the replies of an httpx client to `most` bytes.

    Reading a longer reply, or one whose compression is broken or unknown, raises `BadBody`.
    """

    async def bound(response: Any) -> None:
        coded = response.headers.pop("content-encoding", "").strip().lower()
        response.headers.pop("content-length", None)  # The compressed body's length.
        response.stream = _bounded(response, coded, most)

    return {"response": [bound]}


def _bounded(response: Any, coded: str, most: int) -> Any:
    # The `openai` package may use another major version of httpx, with its own classes.
    package = importlib.import_module(type(response).__module__.partition(".")[0])
    stream = response.stream
    base: Any = package.AsyncByteStream

    class Bounded(base):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            if coded not in CODED | {"", "identity"}:
                raise BadBody(f"the reply is compressed as {coded[:40]!r}, which was not asked for")
            size, joined = 0, bytearray()  # Millions of pieces take more than the reply.
            try:
                async for piece in decompress(aiter(stream), coded):
                    size += len(piece)
                    if size > most:
                        raise BadBody(f"the reply is larger than {most >> 20} MiB")
                    joined += piece
                    if len(joined) >= PIECE:
                        yield bytes(joined)
                        joined.clear()
            except Undecodable:
                raise BadBody("the reply's compression is broken") from None
            yield bytes(joined)

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()


async def decompress(pieces: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """Decompress a reply's body, in pieces whose size the sender can't control.

    Raises:
        Undecodable: it is not valid gzip or deflate, or ends early.
    """
    if encoding not in CODED:
        async for piece in pieces:
            yield piece
        return
    # Adding 32 to the window's size makes zlib recognise the headers of gzip and deflate.
    machine = zlib.decompressobj(32 + zlib.MAX_WBITS)
    async for piece in pieces:
        for part in _inflate(machine, piece):
            yield part
    if not machine.eof:
        raise Undecodable


def _inflate(machine: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    try:
        while piece and not machine.eof:
            yield machine.decompress(piece, PIECE)
            piece = machine.unconsumed_tail
    except zlib.error:
        raise Undecodable from None
