"""Images: what counts as one, and how it is shown to a model.

Content decides what something is, never its name or what a server calls it. The formats are those
that browsers show: JPEG, PNG, WebP, GIF, BMP, and AVIF where Pillow supports it. TIFF, HEIC and PDF
are refused because the review page and the board could not show them; SVG because it is a document
that can hold scripts. The first frame of an animation counts.

The bytes of an image are kept unchanged; `for_model` makes the version that a model sees.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from locomo_vqa.errors import InputError
from locomo_vqa.phash import perceptual_hash
from locomo_vqa.png_notes import png_without_notes

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "MAX_PIXELS",
    "PIXELS_CEILING",
    "ImageFacts",
    "ImageRejection",
    "for_model",
    "inspect_image",
]

MAX_PIXELS = 50_000_000
"""Larger images are refused before they are decoded, unless another limit is given."""
PIXELS_CEILING = 178_000_000
"""The highest limit: Pillow itself refuses larger images."""

_ENDINGS = {
    "JPEG": ("jpg", "image/jpeg"),
    "MPO": ("jpg", "image/jpeg"),
    "PNG": ("png", "image/png"),
    "WEBP": ("webp", "image/webp"),
    "GIF": ("gif", "image/gif"),
    "BMP": ("bmp", "image/bmp"),
    "AVIF": ("avif", "image/avif"),
}
_HUNGRY = {"WEBP", "AVIF"}
"""Their decoders take 20 bytes a pixel, others 8, so they may have two fifths of the pixels."""
_WITHOUT_NOTES = "without notes"
_LOSSY = {"JPEG", "MPO", "WEBP", "AVIF"}
_QUALITY = 95
_TURNS = {
    **{2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"},
    **{6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"},
}
"""How to turn an image upright, by its EXIF orientation; 1 is upright."""

_lock = threading.RLock()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What is known of an image."""

    format: str
    """The file's ending: jpg, png, webp, gif, bmp or avif."""
    media_type: str
    """Such as `image/jpeg`."""
    width: int
    """Pixels from left to right once the EXIF orientation is applied."""
    height: int
    """Pixels from top to bottom once the EXIF orientation is applied."""
    phash: str | None
    """See `locomo_vqa.phash.perceptual_hash`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRejection:
    """Why bytes are not an image that can be shown."""

    state: Literal["not_an_image", "too_large"]
    """The `ImageState` that follows."""
    detail: str
    """The reason in a few words."""


class _Refused(Exception):
    def __init__(self, state: Literal["not_an_image", "too_large"], detail: str) -> None:
        self.rejection = ImageRejection(state=state, detail=detail)


def inspect_image(
    data: bytes | Path, *, max_pixels: int = MAX_PIXELS
) -> ImageFacts | ImageRejection:
    """Decode a whole image and return what is known of it, or why it is refused.

    The size is read before any pixel, so a small file that claims to be huge costs nothing.

    Raises:
        OSError: `data` is a path that can't be read.
    """
    with _open_stream(data) as stream:
        try:
            with _decode_first_frame(stream, max_pixels) as image:
                ending, media_type = _ENDINGS[image.format or ""]
                upright = _turn_upright(image)
                return ImageFacts(
                    format=ending,
                    media_type=media_type,
                    width=upright.width,
                    height=upright.height,
                    phash=perceptual_hash(_to_rgb(upright)),
                )
        except _Refused as refused:
            return refused.rejection


def for_model(data: bytes, *, max_pixels: int = MAX_PIXELS) -> tuple[bytes, str]:
    """Return an image as models take it, upright and opaque, with its media type.

    A still JPEG or PNG in grey or RGB that needs no turning is returned unchanged. Anything else
    becomes a new file: JPEG where the original was lossy, else PNG. Transparent areas become
    white, 16 bits per channel become 8, and CMYK and palettes become RGB.

    Raises:
        InputError: it is not an image, or too large.
    """
    try:
        with _decode_first_frame(io.BytesIO(data), max_pixels) as image:
            if _is_fine(image):
                return data, _ENDINGS[image.format or ""][1]
            opaque, lossy = _to_rgb(_turn_upright(image)), image.format in _LOSSY
    except _Refused as refused:
        raise InputError(
            f"This image can't be shown: {refused.rejection.detail}.",
            "Take images from a benchmark folder, which has only those that can be shown.",
        ) from None
    out = io.BytesIO()
    if lossy:
        opaque.save(out, "JPEG", quality=_QUALITY, subsampling=0)
        return out.getvalue(), "image/jpeg"
    opaque.save(out, "PNG")
    return out.getvalue(), "image/png"


@contextmanager
def _open_stream(data: bytes | Path) -> Iterator[IO[bytes]]:
    if isinstance(data, Path):
        with data.open("rb") as file:
            yield file
    else:
        yield io.BytesIO(data)


@contextmanager
def _decode_first_frame(stream: IO[bytes], max_pixels: int) -> Iterator[Image]:
    """Yield the first frame, decoded, under a lock because warning filters are global."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _loaded(stream, max_pixels) as image:
                yield image
        except _Refused:
            raise
        except MemoryError:
            raise _Refused("too_large", "it takes too much memory to decode") from None
        except Exception:  # noqa: BLE001 - damaged files make decoders raise errors of any kind
            raise _Refused("not_an_image", "it is cut off or damaged") from None


def _loaded(stream: IO[bytes], max_pixels: int) -> Image:
    """Open and decode an image; one whose notes Pillow refuses, without its notes."""
    try:
        image = _open(stream, max_pixels)
        image.load()
    except (_Refused, MemoryError):
        raise
    except Exception:
        bare = png_without_notes(stream)
        if bare is None:
            raise
        image = _open(bare, max_pixels)
        image.load()
        image.info[_WITHOUT_NOTES] = True
    _check_size(image, max_pixels)
    return image


def _open(stream: IO[bytes], max_pixels: int) -> Image:
    from PIL import Image, UnidentifiedImageError

    Image.init()
    known = [name for name in _ENDINGS if name in Image.OPEN and name != "MPO"]
    try:
        image = Image.open(stream, formats=known)
    except Image.DecompressionBombError:
        raise _Refused("too_large", f"it has more than {max_pixels:,} pixels") from None
    except UnidentifiedImageError:
        stream.seek(0)
        raise _Refused("not_an_image", _what_else(stream.read(1024))) from None
    _check_size(image, max_pixels)
    return image


def _check_size(image: Image, max_pixels: int) -> None:
    if image.format in _HUNGRY:
        max_pixels = max_pixels * 2 // 5
    if image.width * image.height > max_pixels:
        raise _Refused("too_large", f"it has more than {max_pixels:,} pixels")


def _what_else(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not text:
        return "it is empty"
    if b"<svg" in text:
        return "it is an SVG drawing"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<script", b"<!--")):
        return "it is an HTML page"
    if head.startswith((b"II*\0", b"MM\0*")):
        return "it is a TIFF file, which browsers don't show"
    if head[4:8] == b"ftyp":
        return "it is a HEIC image or a video, which not all browsers show"
    if head.startswith((b"\xff\xd8", b"\x89PNG", b"GIF8", b"BM", b"RIFF")):
        return "it is cut off or damaged"
    return "its format is not supported"


def _is_fine(image: Image) -> bool:
    return (
        image.format in {"JPEG", "PNG"}
        and image.mode in {"RGB", "L"}
        and _WITHOUT_NOTES not in image.info
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


def _turn_upright(image: Image) -> Image:
    from PIL.Image import Transpose

    orientation = _orientation(image)
    return image if orientation == 1 else image.transpose(Transpose[_TURNS[orientation]])


def _to_rgb(image: Image) -> Image:
    from PIL import Image as pil

    if image.mode == "I" or image.mode.startswith("I;16"):
        import numpy

        wide = numpy.asarray(image).clip(0, 0xFFFF)
        return pil.fromarray((wide >> 8).astype(numpy.uint8)).convert("RGB")
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    layer = image if image.mode == "RGBA" else image.convert("RGBA")
    page = pil.new("RGB", image.size, "white")
    page.paste(layer, mask=layer.getchannel("A"))
    return page
