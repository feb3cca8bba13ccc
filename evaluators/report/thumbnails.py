"""Makes the images of a report: small, re-encoded from their pixels, and limited in size."""

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

_SIDES = (960, 640, 480, 360, 256, 176, 112)
_MOST_BYTES = 100_000
"""The maximum size of an image in base64; most need less at 960 pixels, which a click shows."""
_LEAST_BYTES = 3_000
"""The minimum size of a useful image; if all would be smaller, some are left out."""
_QUALITY = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnails:
    """The images that fit, and the number of those that don't."""

    images: dict[str, str]
    """WebP files in base64, by the image's SHA-256."""
    left_out: int
    """The number of images that would have made the page too large."""
    unreadable: int
    """The number of images whose file is missing or damaged."""


def make_thumbnails(benchmark: Benchmark, hashes: Sequence[str], *, budget: int) -> Thumbnails:
    """Make thumbnails of at most 960 pixels per side and, in total, `budget` bytes of base64.

    The more there are, the smaller each one is; if they still don't fit, the last of `hashes` are
    left out.
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
    """Return the largest thumbnail with at most `most` characters in base64, or None."""
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
