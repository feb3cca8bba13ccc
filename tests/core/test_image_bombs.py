"""Small image files that take much memory, and large notes in images that are fine."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from locomo_vqa.images import ImageFacts, ImageRejection, for_model, inspect_image
from tests.core.memory import MOST_MB, peak_mb

LOOK = """
import sys
from pathlib import Path
from locomo_vqa.images import inspect_image
print(inspect_image(Path(sys.argv[1])))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "mode", "ending", "shown"),
    [
        (7000, "RGBA", "webp", False),
        (4400, "RGBA", "webp", True),
        (7000, "RGB", "png", True),
        (7000, "RGBA", "png", True),
        (7000, "P", "gif", True),
        (7072, "RGB", "png", False),
    ],
)
def test_no_image_takes_half_a_gigabyte(
    tmp_path: Path, size: int, mode: str, ending: str, shown: bool
) -> None:
    path = tmp_path / f"image.{ending}"
    Image.new(mode, (size, size)).save(path, lossless=True)
    assert path.stat().st_size < 500_000
    peak, printed = peak_mb(LOOK, path)
    assert peak < MOST_MB
    assert ("ImageFacts" in printed) == shown
    assert ("too_large" in printed) != shown


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


def test_a_png_with_large_notes_that_is_cut_off_is_damaged() -> None:
    data = noted(pnginfo=texts(zipped=True))
    found = inspect_image(data[:-40])
    assert isinstance(found, ImageRejection) and found.state == "not_an_image"
