"""Images drawn for the tests, sound and broken."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy
from PIL import Image


def draw(seed: int, size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    """Return an image of soft blobs; other seeds look wholly different."""
    noise = numpy.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=numpy.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).convert(mode)


def encode(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def image_bytes(seed: int, format: str = "PNG", **options: Any) -> bytes:
    return encode(draw(seed), format, **options)


def huge_png(side: int = 30_000) -> bytes:
    """A file of under 100 bytes whose header claims side × side pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def animation() -> bytes:
    frames = [draw(seed, mode="P") for seed in (1, 2, 3)]
    return encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)


def rotated_jpeg() -> bytes:
    """Red above blue when upright; the stored pixels lie on their side."""
    upright = Image.new("RGB", (40, 80), "red")
    upright.paste((0, 0, 255), (0, 40, 40, 80))
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = upright.transpose(Image.Transpose.ROTATE_90)
    return encode(stored, "JPEG", exif=exif, quality=95)


SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)
HTML = b"<!DOCTYPE html><html><body>This picture is gone.</body></html>"
