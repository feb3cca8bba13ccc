"""Writes new files of images, so that only their pixels can tell one from another.

A name, a size, a date, a format, a profile or a note of the camera can identify an image without a
look at it. The copies of two images that may stand for each other have the same format, width,
height, number of bytes and no metadata. Noise of one level in 256 makes every copy new, so that no
hash of a file or of its pixels is known from elsewhere.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Literal

from locomo_vqa.images import decode_upright

if TYPE_CHECKING:
    import numpy
    from PIL.Image import Image

__all__ = ["ending_of", "plain_pair"]

_MOST_PNG_PIXELS = 500_000
"""Images up to this size are written as PNG without compression, whose length is that of its width
and height; larger ones as JPEG, because models' servers limit the bytes of a request."""

_QUALITY = 95
_STEP = 4096
_MOST_SIDE = 8192
"""Larger images are made smaller: no model sees more, and JPEG has a limit."""
_MOST_IN_COMMENT = 65_533
_HEAD = 4
"""The bytes of a comment's marker and length."""
_ROWS = 256


def plain_pair(own: bytes, other: bytes, seed: str, *, extra: int = 0) -> tuple[bytes, bytes]:
    """Return copies of two images as PNG or JPEG files that differ in their pixels only.

    Both have the width and height of the first, so the second may be distorted; a side of more than
    `_MOST_SIDE` pixels is made shorter.

    Args:
        own: an image's bytes.
        other: those of the image that may be shown in its place.
        seed: what the noise depends on.
        extra: how many bytes to add to both, if they are JPEG files.

    Raises:
        InputError: one of them is not an image.
    """
    first = decode_upright(own)
    first.thumbnail((_MOST_SIDE, _MOST_SIDE))
    second = decode_upright(other)
    if second.size != first.size:
        second = second.resize(first.size)
    noisy = (
        _with_noise(first, _random(f"{seed}/own")),
        _with_noise(second, _random(f"{seed}/other")),
    )
    if first.width * first.height <= _MOST_PNG_PIXELS:
        return _saved(noisy[0], "PNG"), _saved(noisy[1], "PNG")
    made = [_saved(each, "JPEG") for each in noisy]
    length = -(-(max(map(len, made)) + _HEAD) // _STEP) * _STEP + extra
    padded = (
        _padded(data, length, _random(f"{seed}/{number}/padding"))
        for number, data in enumerate(made)
    )
    return next(padded), next(padded)


def ending_of(copy: bytes) -> str:
    """Return the file extension of a copy."""
    return "png" if copy.startswith(b"\x89PNG") else "jpg"


def _saved(image: Image, kind: Literal["PNG", "JPEG"]) -> bytes:
    out = io.BytesIO()
    if kind == "PNG":
        image.save(out, "PNG", compress_level=0)
    else:
        image.save(out, "JPEG", quality=_QUALITY, subsampling=0)
    return out.getvalue()


def _with_noise(image: Image, random: numpy.random.Generator) -> Image:
    """Return an RGB image whose values are changed by -1, 0 or 1, without bias."""
    import numpy
    from PIL import Image as pil

    values = numpy.array(image)
    for top in range(0, len(values), _ROWS):
        strip = values[top : top + _ROWS].astype(numpy.int16)
        strip += random.integers(-1, 2, strip.shape, dtype=numpy.int16)
        values[top : top + _ROWS] = strip.clip(0, 255)
    return pil.fromarray(values)


def _padded(data: bytes, length: int, random: numpy.random.Generator) -> bytes:
    """Return a JPEG file with comments of random bytes, so that it has a certain length."""
    header = 2 + 2 + int.from_bytes(data[4:6], "big")  # The start marker and the JFIF segment.
    missing = length - len(data)
    comments = []
    while missing:
        whole = min(missing, _MOST_IN_COMMENT + _HEAD)
        if 0 < missing - whole < _HEAD:
            whole -= _HEAD
        body = random.bytes(whole - _HEAD)
        comments.append(b"\xff\xfe" + (len(body) + 2).to_bytes(2, "big") + body)
        missing -= whole
    return data[:header] + b"".join(comments) + data[header:]


def _random(seed: str) -> numpy.random.Generator:
    import numpy

    return numpy.random.default_rng(int(hashlib.sha256(seed.encode()).hexdigest(), 16))
