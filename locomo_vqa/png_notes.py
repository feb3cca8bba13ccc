"""Removes the metadata of PNG files, which may be huge although the pixels are fine.

A decoder that limits the size of compressed texts or colour profiles refuses the whole file,
although browsers show it and the pixels need neither.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import IO

__all__ = ["has_long_notes", "png_without_notes"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NOTES = frozenset({b"tEXt", b"zTXt", b"iTXt", b"iCCP"})
_CHECKSUM = 4
_LONG = 1000
"""A shorter note can't unpack to the mebibyte that Pillow allows."""


def has_long_notes(stream: IO[bytes]) -> bool:
    """Return whether a file is a PNG with a note that may unpack to more than a decoder allows."""
    for kind, length in _chunks(stream):
        if kind in _NOTES and length >= _LONG:
            return True
        stream.seek(length + _CHECKSUM, io.SEEK_CUR)
    return False


def png_without_notes(stream: IO[bytes]) -> IO[bytes] | None:
    """Return a PNG file without texts and colour profile; None if there is nothing to remove."""
    kept, dropped = io.BytesIO(), False
    kept.write(_SIGNATURE)
    for kind, length in _chunks(stream):
        if kind in _NOTES:
            dropped = True
            stream.seek(length + _CHECKSUM, io.SEEK_CUR)
        else:
            kept.write(struct.pack(">I4s", length, kind) + stream.read(length + _CHECKSUM))
    kept.seek(0)
    return kept if dropped else None


def _chunks(stream: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Yield the kind and length of a PNG's chunks; the caller reads or skips each one's body."""
    stream.seek(0)
    if stream.read(len(_SIGNATURE)) != _SIGNATURE:
        return
    while len(head := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        yield kind, length
