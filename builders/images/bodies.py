"""Bodies of replies and `data:` URIs as bounded pieces of bytes."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import AsyncIterator, Iterator
from urllib.parse import unquote_to_bytes

__all__ = ["PIECE", "Undecodable", "decode_data_uri", "decompress"]

PIECE = 1 << 16
"""The most bytes in one piece."""


class Undecodable(Exception):
    """The bytes are not encoded as they claim to be."""


async def decompress(pieces: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """Undo a reply's `Content-Encoding`, in pieces whose size the sender can't choose.

    Raises:
        Undecodable: it is not valid gzip or deflate, or ends early.
    """
    if encoding not in {"gzip", "x-gzip", "deflate"}:
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


def decode_data_uri(uri: str) -> bytes:
    """Return the bytes that a `data:` URI holds.

    Raises:
        Undecodable: it has no comma, or its base64 is broken.
    """
    head, comma, body = uri.partition(",")
    if not comma:
        raise Undecodable
    content = unquote_to_bytes(body)
    if not head.lower().endswith(";base64"):
        return content
    content = b"".join(content.split())
    try:
        return base64.b64decode(content + b"=" * (-len(content) % 4), validate=True)
    except binascii.Error:
        raise Undecodable from None
