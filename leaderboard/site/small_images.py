"""Images for the question browser: small files, upright and without metadata."""

from __future__ import annotations

import io

from locomo_vqa.image_decoding import decode_first_frame
from locomo_vqa.images import MAX_PIXELS, for_model

__all__ = ["small_image"]

_MOST_PIXELS = 640
"""The longest side."""
_MOST_BYTES = 64 << 10
"""A file up to this size stays unchanged."""
_QUALITY = 80
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg"}


def small_image(data: bytes) -> tuple[bytes, str]:
    """Return an image as a small file, with its extension.

    Raises:
        InputError: the bytes can't be shown as an image.
    """
    shown, media_type = for_model(data)
    if len(shown) <= _MOST_BYTES:
        return shown, _EXTENSIONS[media_type]
    with decode_first_frame(io.BytesIO(shown), MAX_PIXELS) as image:
        small = image.convert("RGB")
        small.thumbnail((_MOST_PIXELS, _MOST_PIXELS))
        written = io.BytesIO()
        small.save(written, format="JPEG", quality=_QUALITY)
    return written.getvalue(), "jpg"
