"""Images as the models expect them, with the same pixels as from the checkpoint's processor."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from locomo_vqa.errors import InputError

__all__ = ["SIDE", "to_pixels"]

SIDE = 112
"""Pixels along each side of an image, as the models see it."""


def to_pixels(image: bytes) -> NDArray[np.float32]:
    """Return an encoded image, upright, as values from -1 to 1 of shape (3, 112, 112).

    Raises:
        InputError: Pillow can't read the bytes.
    """
    try:
        with Image.open(io.BytesIO(image)) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(
            f"An image can't be decoded: {error}.", "Check that the file is complete."
        ) from error
    seen = upright.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    values = np.asarray(seen, np.float32) / np.float32(127.5) - np.float32(1)
    return np.ascontiguousarray(values.transpose(2, 0, 1))
