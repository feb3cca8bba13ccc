"""PNG files without their notes, which may be long although the pixels are fine.

A decoder that bounds what a compressed note or colour profile unpacks to refuses the whole file,
while every browser shows it. The pixels need neither.
"""

from __future__ import annotations

import io
import struct
from typing import IO

__all__ = ["png_without_notes"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NOTES = frozenset({b"tEXt", b"zTXt", b"iTXt", b"iCCP"})
_CHECKSUM = 4


def png_without_notes(stream: IO[bytes]) -> IO[bytes] | None:
    """Return a PNG file without texts and colour profile; None if it is not a PNG or has none."""
    stream.seek(0)
    if stream.read(len(_SIGNATURE)) != _SIGNATURE:
        return None
    kept, dropped = io.BytesIO(), False
    kept.write(_SIGNATURE)
    while len(head := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        body = stream.read(length + _CHECKSUM)
        if kind in _NOTES:
            dropped = True
        else:
            kept.write(head + body)
    kept.seek(0)
    return kept if dropped else None
