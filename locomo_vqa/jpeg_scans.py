"""Says how much memory a JPEG file takes to decode, from its header.

A file with one scan is decoded row by row. For one with several scans, such as a progressive one,
the decoder holds the coefficients of the whole image.
"""

from __future__ import annotations

import struct
from typing import IO

__all__ = ["is_decoded_in_rows"]

_IN_ROWS = frozenset({0xC0, 0xC1, 0xC9})
"""The frames that are neither progressive nor lossless."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA
_MOST_SEGMENTS = 10_000


def is_decoded_in_rows(stream: IO[bytes]) -> bool:
    """Return whether a JPEG's first scan has all components, as one frame that is not progressive.

    False for anything unusual between the segments, because decoders differ in what they skip.
    """
    stream.seek(0)
    if stream.read(2) != b"\xff\xd8":
        return False
    components = 0
    for _ in range(_MOST_SEGMENTS):
        head = stream.read(4)
        if len(head) < 4 or head[0] != 0xFF:
            return False
        _, marker, length = struct.unpack(">BBH", head)
        body = stream.read(max(length - 2, 0))
        if marker == _SCAN:
            return components > 0 and body[:1] == bytes([components])
        if marker in _FRAMES:
            if marker not in _IN_ROWS or len(body) < 6:
                return False
            components = body[5]
    return False
