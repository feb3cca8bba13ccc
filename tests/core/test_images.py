"""What counts as an image, how models see it, and which images look alike."""

from __future__ import annotations

import io
import struct
import tracemalloc
from pathlib import Path

import numpy
import pytest
from PIL import Image, features

from locomo_vqa.errors import InputError
from locomo_vqa.images import ImageFacts, ImageRejection, for_model, inspect_image
from locomo_vqa.phash import perceptual_hash, phash_distance
from tests.builders.images.drawn import (
    HTML,
    SVG,
    animation,
    draw,
    encode,
    huge_png,
    image_bytes,
    rotated_jpeg,
)


def seen(data: bytes) -> tuple[Image.Image, str]:
    shown, media_type = for_model(data)
    image = Image.open(io.BytesIO(shown))
    image.load()
    return image, media_type


@pytest.mark.parametrize(
    ("name", "ending", "media_type"),
    [
        ("JPEG", "jpg", "image/jpeg"),
        ("PNG", "png", "image/png"),
        ("WEBP", "webp", "image/webp"),
        ("GIF", "gif", "image/gif"),
        ("BMP", "bmp", "image/bmp"),
    ],
)
def test_formats(name: str, ending: str, media_type: str, tmp_path: Path) -> None:
    data = image_bytes(1, name)
    facts = inspect_image(data)
    assert isinstance(facts, ImageFacts)
    assert (facts.format, facts.media_type) == (ending, media_type)
    assert (facts.width, facts.height) == (64, 48)
    path = tmp_path / "no-ending"
    path.write_bytes(data)
    assert inspect_image(path) == facts


def test_avif() -> None:
    if not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    facts = inspect_image(image_bytes(1, "AVIF"))
    assert isinstance(facts, ImageFacts)
    assert facts.media_type == "image/avif"


def huge_webp() -> bytes:
    """Return 60 bytes that claim 16,383 × 16,383 pixels, the most WebP knows."""
    body = b"\x2f" + struct.pack("<I", 16_382 | 16_382 << 14) + bytes(40)
    chunk = b"WEBPVP8L" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk)) + chunk


def huge_gif(screen: int) -> bytes:
    """Return a GIF whose frame claims 60,000 × 60,000 pixels."""
    frame = b"," + struct.pack("<HHHH", 0, 0, 60_000, 60_000) + b"\0\x02\x02\x44\x01\0;"
    return b"GIF89a" + struct.pack("<HH", screen, screen) + b"\0\0\0" + frame


JPEG = image_bytes(1, "JPEG")
PNG = image_bytes(1)


@pytest.mark.parametrize(
    ("data", "state", "words"),
    [
        (b"", "not_an_image", "empty"),
        (HTML, "not_an_image", "HTML"),
        (SVG, "not_an_image", "SVG"),
        (b"\xef\xbb\xbf  <svg/>", "not_an_image", "SVG"),
        (image_bytes(1, "TIFF"), "not_an_image", "TIFF"),
        (b"%PDF-1.7", "not_an_image", "format is not supported"),
        (JPEG[: len(JPEG) // 2], "not_an_image", "cut off"),
        (PNG[: len(PNG) // 2], "not_an_image", "cut off"),
        (PNG[:20], "not_an_image", "cut off"),
        (PNG[:60] + b"????" + PNG[64:], "not_an_image", "cut off"),
        (huge_png(), "too_large", "50,000,000 pixels"),
        (huge_png(60_000), "too_large", "50,000,000 pixels"),
        (huge_webp(), "too_large", "50,000,000 pixels"),
        (huge_gif(60_000), "too_large", "50,000,000 pixels"),
        (huge_gif(10), "too_large", "50,000,000 pixels"),
        (huge_png(9_000), "too_large", "50,000,000 pixels"),
    ],
)
def test_refusals(data: bytes, state: str, words: str) -> None:
    tracemalloc.start()
    found = inspect_image(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(found, ImageRejection)
    assert found.state == state
    assert words in found.detail
    assert peak < 10e6
    with pytest.raises(InputError):
        for_model(data)


def test_the_limit_of_pixels_is_exact() -> None:
    assert isinstance(inspect_image(PNG, max_pixels=64 * 48), ImageFacts)
    assert isinstance(inspect_image(PNG, max_pixels=64 * 48 - 1), ImageRejection)


def test_what_was_shown_once_is_refused_by_a_lower_limit() -> None:
    assert for_model(PNG) == for_model(PNG)
    with pytest.raises(InputError, match="more than 3,071 pixels"):
        for_model(PNG, max_pixels=64 * 48 - 1)


def test_a_missing_file_is_no_refusal(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect_image(tmp_path / "none")


@pytest.mark.parametrize("data", [JPEG, PNG, encode(draw(1, mode="L"))])
def test_what_is_fine_stays_as_it_is(data: bytes) -> None:
    assert for_model(data)[0] is data


def test_exif_orientation() -> None:
    data = rotated_jpeg()
    facts = inspect_image(data)
    assert isinstance(facts, ImageFacts)
    assert (facts.width, facts.height) == (40, 80)
    image, media_type = seen(data)
    assert media_type == "image/jpeg"
    assert image.size == (40, 80)
    red, blue = numpy.asarray(image)[10, 20], numpy.asarray(image)[70, 20]
    assert red[0] > 200 > 60 > red[2]
    assert blue[2] > 200 > 60 > blue[0]
    assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_what_pillow_makes_of_it(orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(draw(3), exif=exif)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    assert seen(data)[0].tobytes() == expected.tobytes()


def test_cmyk() -> None:
    data = encode(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95)
    image, media_type = seen(data)
    assert (image.mode, media_type) == ("RGB", "image/jpeg")
    red, green, blue = image.getpixel((4, 4))
    assert red > 240
    assert max(green, blue) < 15


def test_a_palette_becomes_rgb() -> None:
    image, media_type = seen(encode(draw(1).quantize(16)))
    assert (image.mode, media_type) == ("RGB", "image/png")


def test_16_bits_become_8() -> None:
    ramp = numpy.arange(0, 65536, 256, dtype=numpy.uint16).reshape(16, 16)
    image, _ = seen(encode(Image.fromarray(ramp)))
    assert image.mode == "RGB"
    assert list(numpy.asarray(image)[:, :, 0].ravel()) == list(range(256))


def test_transparency_is_laid_on_white() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert seen(encode(clear))[0].getpixel((0, 0)) == (255, 255, 255)
    half = Image.new("RGBA", (8, 8), (0, 0, 0, 128))
    assert seen(encode(half))[0].getpixel((0, 0)) == (127, 127, 127)
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([0, 0, 255])
    assert seen(encode(palette, transparency=0))[0].getpixel((0, 0)) == (255, 255, 255)


def test_the_first_frame_of_an_animation() -> None:
    data = animation()
    assert isinstance(inspect_image(data), ImageFacts)
    image, media_type = seen(data)
    assert media_type == "image/png"
    assert not getattr(image, "is_animated", False)
    first = draw(1, mode="P").convert("RGB")
    assert numpy.abs(numpy.asarray(image).astype(int) - numpy.asarray(first)).mean() < 2


def test_broken_exif_is_no_obstacle() -> None:
    data = JPEG[:2] + b"\xff\xe1\x00\x10Exif\0\0II*\0\xff\xff\xff\xff" + JPEG[2:]
    assert isinstance(inspect_image(data), ImageFacts)
    assert for_model(data)[1] == "image/jpeg"


def test_versions_of_a_image_look_alike_and_others_do_not() -> None:
    hashes = []
    for seed in range(40):
        original = draw(seed, (256, 192))
        own = perceptual_hash(original)
        assert own is not None
        hashes.append(own)
        for data in (
            encode(original, "JPEG", quality=40),
            encode(original.resize((96, 72)), "WEBP"),
            encode(original.resize((400, 300)), "JPEG", quality=70),
        ):
            facts = inspect_image(data)
            assert isinstance(facts, ImageFacts)
            assert facts.phash is not None
            assert phash_distance(own, facts.phash) <= 4
    far = [phash_distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(far) > 8


def test_the_hash_is_written_out() -> None:
    """Left dark, right light: only odd horizontal waves, of which the first is negative."""
    image = Image.new("L", (32, 32), 0)
    image.paste(255, (16, 0, 32, 32))
    basis = [[numpy.cos(numpy.pi * (2 * n + 1) * k / 64) for n in range(32)] for k in range(8)]
    wave = [sum(255 * basis[k][n] for n in range(16, 32)) * 32 for k in range(8)]
    row = "".join("1" if round(value, 3) > 0 else "0" for value in wave)
    assert perceptual_hash(image) == f"{int(row, 2):02x}" + "00" * 7


def test_flat_images_have_no_look() -> None:
    assert perceptual_hash(Image.new("RGB", (50, 50), "red")) is None


def test_distance() -> None:
    assert phash_distance("0" * 16, "f" * 16) == 64
    assert phash_distance("00000000000000ff", "00000000000000fe") == 1
