"""Writes new files of images, so that only their pixels can tell one from another.

A name, a size, a date, a format, a profile or a note of the camera can identify an image without a
look at it. The copies of two images that may stand for each other are PNG files of the same width
and height, without metadata and without compression, so that no length in them depends on what they
show. Noise of one level in 256 makes every copy new, so that no hash of a file or of its pixels is
known from elsewhere.
"""

from __future__ import annotations

import hashlib
import io
from math import sqrt
from typing import TYPE_CHECKING

from locomo_vqa.images import decode_upright

if TYPE_CHECKING:
    import numpy
    from PIL.Image import Image

__all__ = ["COPY_ENDING", "plain_pair"]

COPY_ENDING = "png"
"""The file extension of a copy."""

_MOST_PIXELS = 1_000_000
"""Larger images are made smaller: without compression this is 3 MB, and 4 MB in a request, of which
models' servers accept 5."""
_MOST_SIDE = 8192
"""Longer ones as well: no model sees more."""
_ROWS = 256


def plain_pair(own: bytes, other: bytes, seed: str) -> tuple[bytes, bytes]:
    """Return copies of two images as PNG files that differ in their pixels only.

    Both have the width and height of the first, so the second may be distorted; a first of more
    than `_MOST_PIXELS`, or with a side of more than `_MOST_SIDE`, is made smaller.

    Args:
        own: an image's bytes.
        other: those of the image that may be shown in its place.
        seed: what the noise depends on.

    Raises:
        InputError: one of them is not an image.
    """
    first, second = _of_moderate_size(decode_upright(own)), decode_upright(other)
    if second.size != first.size:
        second = second.resize(first.size)
    return (
        _saved(_with_noise(first, _random(f"{seed}/own"))),
        _saved(_with_noise(second, _random(f"{seed}/other"))),
    )


def _of_moderate_size(image: Image) -> Image:
    shrink = min(1.0, sqrt(_MOST_PIXELS / (image.width * image.height)))
    width, height = (
        max(1, min(_MOST_SIDE, int(side * shrink))) for side in (image.width, image.height)
    )
    image.thumbnail((width, height))
    return image


def _saved(image: Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=0)
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


def _random(seed: str) -> numpy.random.Generator:
    import numpy

    return numpy.random.default_rng(int(hashlib.sha256(seed.encode()).hexdigest(), 16))
