"""Detects an image's media type from its bytes alone."""

from __future__ import annotations

__all__ = ["SNIFFED_BYTES", "media_type"]

SNIFFED_BYTES = 32
"""How many of the file's first bytes are needed."""

_BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"BM": "image/bmp",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
}


def media_type(head: bytes) -> str:
    """Return an image's media type; for unknown formats, one that browsers do not display.

    SVG counts as unknown because it can contain scripts.
    """
    for beginning, kind in _BEGINNINGS.items():
        if head.startswith(beginning):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis"):
        return "image/avif"
    return "application/octet-stream"
