"""Images: what counts as one, and how it is shown to a model.

A file is judged by its content, never by its name or by what a server calls it. The formats are
those that browsers show: JPEG, PNG, WebP, GIF, BMP, and AVIF if Pillow supports it. TIFF, HEIC
and PDF are refused because the review page and the board could not show them; SVG because it is a
document that can hold scripts. Only the first frame of an animation is used.

The bytes of an image are kept unchanged; `for_model` makes the version that a model sees.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from locomo_vqa.errors import InputError
from locomo_vqa.image_decoding import (
    ENDINGS,
    MAX_IMAGE_BYTES,
    WITHOUT_NOTES,
    RefusedImage,
    decode_first_frame,
    open_image_bytes,
    read_image_bytes,
)
from locomo_vqa.phash import perceptual_hash

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "MAX_IMAGE_BYTES",
    "MAX_PIXELS",
    "PIXELS_CEILING",
    "ImageFacts",
    "ImageRejection",
    "decode_upright",
    "for_model",
    "inspect_image",
    "read_image_bytes",
]

MAX_PIXELS = 50_000_000
"""Larger images are refused before they are decoded, unless a different limit is given."""
PIXELS_CEILING = 178_000_000
"""The highest limit: Pillow itself refuses larger images."""

_STRIP_PIXELS = 2_000_000
"""About how many pixels are converted at once."""
_LOSSY = {"JPEG", "MPO", "WEBP", "AVIF"}
_QUALITY = 95
_REMEMBERED = 32
_MOST_REMEMBERED_BYTES = 1 << 20
_TURNS = {
    **{2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"},
    **{6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"},
}
"""How to turn an image upright, by its EXIF orientation; 1 is upright."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """The properties of an image."""

    format: str
    """The file extension: jpg, png, webp, gif, bmp or avif."""
    media_type: str
    """The media type, such as `image/jpeg`."""
    width: int
    """Width in pixels once the EXIF orientation is applied."""
    height: int
    """Height in pixels once the EXIF orientation is applied."""
    phash: str | None
    """See `locomo_vqa.phash.perceptual_hash`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRejection:
    """Why bytes can't be shown as an image."""

    state: Literal["not_an_image", "too_large"]
    """The resulting `ImageState`."""
    detail: str
    """The reason in a few words."""


def inspect_image(
    data: bytes | Path, *, max_pixels: int = MAX_PIXELS
) -> ImageFacts | ImageRejection:
    """Decode a whole image and return what is known about it, or why it is refused.

    The size is read before any pixel, so a small file that claims to be huge costs nothing.

    Raises:
        OSError: `data` is a path that can't be read.
    """
    try:
        with (
            open_image_bytes(data) as stream,
            decode_first_frame(stream, max_pixels) as image,
        ):
            ending, media_type = ENDINGS[image.format or ""]
            upright = _upright_rgb(image)
            return ImageFacts(
                format=ending,
                media_type=media_type,
                width=upright.width,
                height=upright.height,
                phash=perceptual_hash(upright),
            )
    except RefusedImage as refused:
        return ImageRejection(state=refused.state, detail=refused.detail)


def decode_upright(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Image:
    """Return an image's pixels upright and in RGB, as `for_model` shows them.

    Raises:
        InputError: it is not an image, or too large.
    """
    try:
        with (
            open_image_bytes(data) as stream,
            decode_first_frame(stream, max_pixels) as image,
        ):
            return _upright_rgb(image)
    except RefusedImage as refused:
        raise _not_shown(refused) from None


def for_model(data: bytes, *, max_pixels: int = MAX_PIXELS) -> tuple[bytes, str]:
    """Return an image as models expect it, upright and opaque, with its media type.

    A still JPEG or PNG in grey or RGB that needs no turning is returned unchanged. Anything else
    becomes a new file: JPEG if the original was lossy, else PNG. Transparent areas become
    white, 16 bits per channel become 8, and CMYK and palettes become RGB.

    The last few results are cached, because the questions about an image follow each other.

    Raises:
        InputError: it is not an image, or too large.
    """
    make = _remember_for_model if len(data) <= _MOST_REMEMBERED_BYTES else _make_for_model
    made, media_type = make(data, max_pixels)
    return data if made is None else made, media_type


def _make_for_model(data: bytes, max_pixels: int) -> tuple[bytes | None, str]:
    """Return the new file, or None where the original is shown, and the media type."""
    try:
        with (
            open_image_bytes(data) as stream,
            decode_first_frame(stream, max_pixels) as image,
        ):
            if _is_fine(image):
                return None, ENDINGS[image.format or ""][1]
            lossy = image.format in _LOSSY
            opaque = _upright_rgb(image)
    except RefusedImage as refused:
        raise _not_shown(refused) from None
    out = io.BytesIO()
    if lossy:
        opaque.save(out, "JPEG", quality=_QUALITY, subsampling=0)
        return out.getvalue(), "image/jpeg"
    opaque.save(out, "PNG")
    return out.getvalue(), "image/png"


def _not_shown(refused: RefusedImage) -> InputError:
    return InputError(
        f"This image can't be shown: {refused.detail}.",
        "Take images from a benchmark folder, which has only those that can be shown.",
    )


_remember_for_model = lru_cache(maxsize=_REMEMBERED)(_make_for_model)


def _is_fine(image: Image) -> bool:
    return (
        image.format in {"JPEG", "PNG"}
        and image.mode in {"RGB", "L"}
        and WITHOUT_NOTES not in image.info
        and not image.has_transparency_data
        and not getattr(image, "is_animated", False)
        and _orientation(image) == 1
    )


def _orientation(image: Image) -> int:
    from PIL.ExifTags import Base

    try:
        turned = image.getexif().get(Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - broken EXIF data raises errors of any kind
        return 1
    return turned if turned in _TURNS else 1


def _upright_rgb(image: Image) -> Image:
    """Return an image upright and in RGB, and release the original.

    At most two whole images are in memory at a time.
    """
    from PIL.Image import Transpose

    orientation = _orientation(image)
    opaque = _to_rgb(image)
    if opaque is not image:
        image.close()
    return opaque if orientation == 1 else opaque.transpose(Transpose[_TURNS[orientation]])


def _to_rgb(image: Image) -> Image:
    """Return an image in RGB, converted in strips; transparent areas become white."""
    from PIL import Image as pil

    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    page = pil.new("RGB", image.size)
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        page.paste(_strip_to_rgb(strip), (0, top))
    return page


def _strip_to_rgb(image: Image) -> Image:
    from PIL import Image as pil

    if image.mode == "I" or image.mode.startswith("I;16"):
        import numpy

        wide = numpy.asarray(image).clip(0, 0xFFFF)
        return pil.fromarray((wide >> 8).astype(numpy.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image if image.mode == "RGBA" else image.convert("RGBA")
    page = pil.new("RGB", image.size, "white")
    page.paste(layer, mask=layer.getchannel("A"))
    return page
