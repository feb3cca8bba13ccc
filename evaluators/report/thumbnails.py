"""The images of a report: small, encoded again from their pixels, and within a number of bytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.images import for_model

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Thumbnails", "make_thumbnails"]

_SIDES = (360, 256, 176, 112)
_MOST_BYTES = 32_000
"""Of one image as text; most need a third of it at 360 pixels."""
_LEAST_BYTES = 3_000
"""Less than this shows nothing; rather than that, some are left out."""
_QUALITY = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnails:
    """The images that fit, and how many do not."""

    images: dict[str, str]
    """By SHA-256: the bytes of a WebP file in base64."""
    left_out: int
    """Images that would have made the page too large."""
    unreadable: int
    """Images whose file is missing or damaged."""


def make_thumbnails(benchmark: Benchmark, hashes: Sequence[str], *, budget: int) -> Thumbnails:
    """Make thumbnails of at most 360 pixels a side, together at most `budget` bytes of text.

    The more there are, the smaller each is made; where even that is too much, the last of
    `hashes` are left out.
    """
    wanted = list(dict.fromkeys(hashes))
    each = min(_MOST_BYTES, max(_LEAST_BYTES, budget // max(1, len(wanted))))
    images: dict[str, str] = {}
    spent = left_out = unreadable = 0
    for sha256 in wanted:
        if spent + each > budget:
            left_out += 1
            continue
        try:
            text = _thumbnail(for_model(benchmark.read_image(sha256))[0], each)
        except (InputError, KeyError):
            unreadable += 1
            continue
        if text is None:
            left_out += 1
            continue
        images[sha256] = text
        spent += len(text)
    return Thumbnails(images=images, left_out=left_out, unreadable=unreadable)


def _thumbnail(data: bytes, most: int) -> str | None:
    """Return the largest thumbnail of at most `most` characters of base64, or None."""
    from PIL import Image as pil

    with pil.open(io.BytesIO(data)) as image:
        image.thumbnail((_SIDES[0], _SIDES[0]), reducing_gap=1.5)
        for side in _SIDES:
            small = image.copy()
            small.thumbnail((side, side))
            text = base64.b64encode(_webp(small)).decode("ascii")
            if len(text) <= most:
                return text
    return None


def _webp(image: Image) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "WEBP", quality=_QUALITY, method=2)
    return out.getvalue()
