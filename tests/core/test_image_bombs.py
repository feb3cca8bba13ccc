"""Small image files that take much memory, and large notes in images that are fine."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin, features

from locomo_vqa.errors import InputError
from locomo_vqa.image_decoding import readable_image
from locomo_vqa.images import (
    ImageFacts,
    ImageRejection,
    for_model,
    inspect_image,
    read_image_bytes,
)
from tests.core.memory import MOST_MB, peak_mb

LOOK = """
import sys
from pathlib import Path
from locomo_vqa.errors import InputError
from locomo_vqa.images import for_model, inspect_image
path = Path(sys.argv[1])
print(inspect_image(path))
try:
    print(len(for_model(path.read_bytes())[0]))
except InputError as error:
    print(error.message)
"""

TURNED = Image.Exif()
TURNED[0x0112] = 6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "mode", "ending", "shown"),
    [
        (7000, "RGBA", "webp", False),
        (4400, "RGBA", "webp", True),
        (7000, "RGB", "png", True),
        (7000, "RGBA", "png", True),
        (7000, "LA", "png", True),
        (7000, "I;16", "png", True),
        (7000, "P", "gif", True),
        (7000, "CMYK", "jpg", True),
        (7000, "RGB", "avif", False),
        (7072, "RGB", "png", False),
    ],
)
def test_no_image_takes_half_a_gigabyte(
    tmp_path: Path, size: int, mode: str, ending: str, shown: bool
) -> None:
    if ending == "avif" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    path = tmp_path / f"image.{ending}"
    settings = {"gif": {}, "avif": {"speed": 10}}.get(ending, {"exif": TURNED, "lossless": True})
    Image.new(mode, (size, size)).save(path, **settings)
    assert path.stat().st_size < 3_000_000
    peak, printed = peak_mb(LOOK, path)
    assert peak < MOST_MB
    assert ("ImageFacts" in printed) == shown
    assert ("too_large" in printed) != shown
    assert ("can't be shown" in printed) != shown


@pytest.mark.slow
def test_a_wide_image_takes_no_more_than_a_square(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    Image.new("RGBA", (65_500, 760)).save(path, exif=TURNED)
    peak, printed = peak_mb(LOOK, path)
    assert peak < MOST_MB
    assert "width=760, height=65500" in printed


@pytest.mark.slow
def test_frames_beyond_the_first_cost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "image.gif"
    frames = [Image.new("L", (2000, 2000), shade) for shade in range(20)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    peak, printed = peak_mb(LOOK, path)
    assert peak < MOST_MB
    assert "ImageFacts" in printed


def test_a_file_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(noted())
    os.truncate(path, 3 << 30)
    found = inspect_image(path)
    assert isinstance(found, ImageRejection)
    assert (found.state, found.detail) == ("too_large", "it is larger than 64 MiB")
    with pytest.raises(InputError, match="is larger than 64 MiB"):
        read_image_bytes(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="can't be read"):
        read_image_bytes(tmp_path / "pipe")


@pytest.mark.parametrize("size", [(1, 65_536), (65_536, 1)])
def test_a_side_is_limited(size: tuple[int, int], tmp_path: Path) -> None:
    """Pillow takes a pointer and an allocation for each row, whatever its width."""
    path = tmp_path / "image.png"
    Image.new("L", size).save(path)
    found = inspect_image(path)
    assert isinstance(found, ImageRejection)
    assert found.state == "too_large"
    assert found.detail == "it is wider or higher than 65,535 pixels"
    Image.new("L", (min(size[0], 65_535), min(size[1], 65_535))).save(path)
    assert isinstance(inspect_image(path), ImageFacts)


def noted(**settings: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "PNG", **settings)
    return out.getvalue()


def texts(*, zipped: bool) -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 3_000_000, zip=zipped)
    return info


@pytest.mark.parametrize(
    "data",
    [
        noted(pnginfo=texts(zipped=True)),
        noted(pnginfo=texts(zipped=False)),
        noted(icc_profile=b"x" * 3_000_000),
    ],
    ids=["a compressed text", "a text", "a colour profile"],
)
def test_a_png_with_large_notes_is_an_image(data: bytes) -> None:
    found = inspect_image(data)
    assert isinstance(found, ImageFacts)
    assert (found.format, found.width, found.height) == ("png", 40, 30)
    shown, media_type = for_model(data)
    with Image.open(io.BytesIO(shown)) as image:
        assert media_type == "image/png"
        assert image.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
    with Image.open(io.BytesIO(readable_image(data))) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def test_an_image_that_pillow_reads_is_published_unchanged() -> None:
    for data in (noted(), noted(icc_profile=b"x" * 3000), b"GIF89a", b""):
        assert readable_image(data) is data


def test_a_png_with_large_notes_that_is_cut_off_is_damaged() -> None:
    data = noted(pnginfo=texts(zipped=True))
    found = inspect_image(data[:-40])
    assert isinstance(found, ImageRejection) and found.state == "not_an_image"
