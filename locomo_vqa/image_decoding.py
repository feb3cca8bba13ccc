"""Opens and decodes untrusted images in bounded memory.

The size is read before any pixel, so a small file that claims to be huge is refused at no cost.
"""

from __future__ import annotations

import io
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from locomo_vqa.bounded_reading import open_regular
from locomo_vqa.errors import InputError
from locomo_vqa.jpeg_scans import is_decoded_in_rows
from locomo_vqa.png_notes import has_long_notes, png_without_notes

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "ENDINGS",
    "MAX_IMAGE_BYTES",
    "WITHOUT_NOTES",
    "RefusedImage",
    "decode_first_frame",
    "open_image_bytes",
    "read_image_bytes",
    "readable_image",
]

MAX_IMAGE_BYTES = 64 << 20
"""Larger files are refused before they are read."""

ENDINGS = {
    "JPEG": ("jpg", "image/jpeg"),
    "MPO": ("jpg", "image/jpeg"),
    "PNG": ("png", "image/png"),
    "WEBP": ("webp", "image/webp"),
    "GIF": ("gif", "image/gif"),
    "BMP": ("bmp", "image/bmp"),
    "AVIF": ("avif", "image/avif"),
}
"""The accepted formats, each with its file extension and media type."""

WITHOUT_NOTES = "without notes"
"""The key in an image's `info` when it was decoded without its texts and colour profile."""

_JPEGS = {"JPEG", "MPO"}
"""Up to 12 bytes per pixel if the decoder holds the whole image, so three fifths of the limit."""

_HUNGRY = {"WEBP", "AVIF"}
"""Their decoders take 20 bytes per pixel, others 8, so they get two fifths of the limit."""

_MAX_SIDE = 65_535
"""The longest side that a JPEG can have. Each row takes memory beyond its pixels, so a file of one
column would take several times as much as a square."""

_lock = threading.RLock()


class RefusedImage(Exception):
    """The bytes can't be shown as an image."""

    def __init__(self, state: Literal["not_an_image", "too_large"], detail: str) -> None:
        super().__init__(detail)
        self.state: Literal["not_an_image", "too_large"] = state
        self.detail = detail


@contextmanager
def open_image_bytes(data: bytes | Path) -> Iterator[IO[bytes]]:
    """Yield a stream of an image's bytes.

    Raises:
        OSError: `data` is a path that is not a file or can't be read.
        RefusedImage: there are too many bytes.
    """
    if not isinstance(data, Path):
        _check_bytes(len(data))
        yield io.BytesIO(data)
        return
    with open_regular(data) as file:
        _check_bytes(os.fstat(file.fileno()).st_size)
        yield file


def read_image_bytes(path: Path) -> bytes:
    """Return an image file's bytes.

    Raises:
        InputError: it is missing or too large, or can't be read.
    """
    remedy = "Restore the file, or fetch the images again."
    try:
        with open_image_bytes(path) as stream:
            data = stream.read(MAX_IMAGE_BYTES + 1)
            _check_bytes(len(data))
            return data
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}).", remedy) from None
    except RefusedImage as refused:
        raise InputError(f"{path}: can't be read: {refused.detail}.", remedy) from None


def readable_image(data: bytes) -> bytes:
    """Return an image without its metadata if Pillow can't read it otherwise, else unchanged."""
    from PIL import Image

    if not has_long_notes(io.BytesIO(data)):
        return data
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            image.load()
        return data
    except Exception:  # noqa: BLE001 - damaged files make decoders raise errors of any kind
        bare = png_without_notes(io.BytesIO(data))
        return data if bare is None else bare.read()


def _check_bytes(size: int) -> None:
    if size > MAX_IMAGE_BYTES:
        raise RefusedImage("too_large", f"it is larger than {MAX_IMAGE_BYTES >> 20} MiB")


@contextmanager
def decode_first_frame(stream: IO[bytes], max_pixels: int) -> Iterator[Image]:
    """Yield the decoded first frame, under a lock because warning filters are global.

    Raises:
        RefusedImage: it is not an image of these formats, has too many pixels, or is damaged.
    """
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _loaded(stream, max_pixels) as image:
                yield image
        except RefusedImage:
            raise
        except MemoryError:
            raise RefusedImage("too_large", "it takes too much memory to decode") from None
        except Exception:  # noqa: BLE001 - damaged files make decoders raise errors of any kind
            raise RefusedImage("not_an_image", "it is cut off or damaged") from None


def _loaded(stream: IO[bytes], max_pixels: int) -> Image:
    """Open and decode an image, without its metadata if Pillow refuses that."""
    try:
        image = _open(stream, max_pixels)
        image.load()
    except (RefusedImage, MemoryError):
        raise
    except Exception:
        bare = png_without_notes(stream)
        if bare is None:
            raise
        image = _open(bare, max_pixels)
        image.load()
        image.info[WITHOUT_NOTES] = True
    _check_size(image, max_pixels)
    return image


def _open(stream: IO[bytes], max_pixels: int) -> Image:
    from PIL import Image, UnidentifiedImageError

    Image.init()
    known = [name for name in ENDINGS if name in Image.OPEN and name != "MPO"]
    try:
        image = Image.open(stream, formats=known)
    except Image.DecompressionBombError:
        raise RefusedImage("too_large", f"it has more than {max_pixels:,} pixels") from None
    except UnidentifiedImageError:
        stream.seek(0)
        raise RefusedImage("not_an_image", _what_else(stream.read(1024))) from None
    _check_size(image, _pixels_allowed(image, stream, max_pixels))
    return image


def _pixels_allowed(image: Image, stream: IO[bytes], max_pixels: int) -> int:
    """Return the pixels for which a decoder takes as much memory as others for `max_pixels`."""
    if image.format in _HUNGRY:
        return max_pixels * 2 // 5
    if image.format in _JPEGS:
        place = stream.tell()
        in_rows = is_decoded_in_rows(stream)
        stream.seek(place)
        return max_pixels if in_rows else max_pixels * 3 // 5
    return max_pixels


def _check_size(image: Image, max_pixels: int) -> None:
    if max(image.size) > _MAX_SIDE:
        raise RefusedImage("too_large", f"it is wider or higher than {_MAX_SIDE:,} pixels")
    if image.width * image.height > max_pixels:
        raise RefusedImage("too_large", f"it has more than {max_pixels:,} pixels")


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
