"""JPEG files with several scans take more memory, so they may have fewer pixels."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from locomo_vqa.images import ImageFacts, ImageRejection, inspect_image
from locomo_vqa.jpeg_scans import is_decoded_in_rows

SIZE = (64, 48)
PIXELS = 64 * 48


def jpeg(mode: str = "RGB", **settings: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, SIZE, 200).save(out, "JPEG", **settings)
    return out.getvalue()


def one_scan_per_channel() -> bytes:
    """Three grey images as the channels of one file that is not progressive."""
    grey = jpeg("L")
    frame, scan = grey.index(b"\xff\xc0"), grey.index(b"\xff\xda")
    tables = grey[:frame], grey[frame + 13 : scan]
    channels = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    header = b"\xff\xc0\x00\x11" + grey[frame + 4 : frame + 9] + b"\x03" + channels
    data = grey[scan + 10 : -2]
    scans = b"".join(
        b"\xff\xda\x00\x08\x01" + bytes([number]) + b"\x00\x00\x3f\x00" + data
        for number in (1, 2, 3)
    )
    return tables[0] + header + tables[1] + scans + b"\xff\xd9"


@pytest.mark.parametrize(
    "data",
    [
        jpeg(),
        jpeg("L"),
        jpeg("CMYK"),
        jpeg(subsampling=2, optimize=True, restart_marker_rows=1),
        jpeg(comment=b"\xff\xd8\xff\xc2" * 200, icc_profile=b"\xff\xda" * 40_000),
    ],
)
def test_one_scan(data: bytes) -> None:
    assert is_decoded_in_rows(io.BytesIO(data))
    assert isinstance(inspect_image(data, max_pixels=PIXELS), ImageFacts)


@pytest.mark.parametrize(
    "data",
    [
        jpeg(progressive=True),
        jpeg("L", progressive=True),
        jpeg("CMYK", progressive=True),
        one_scan_per_channel(),
        jpeg()[:2] + b"\x00" + jpeg()[2:],
    ],
    ids=["progressive", "grey", "CMYK", "one scan per channel", "a stray byte"],
)
def test_several_scans_or_unknown(data: bytes) -> None:
    assert not is_decoded_in_rows(io.BytesIO(data))
    needed = PIXELS * 5 // 3
    if data[2] == 0xFF:
        assert isinstance(inspect_image(data, max_pixels=needed), ImageFacts)
    found = inspect_image(data, max_pixels=needed - 1)
    assert isinstance(found, ImageRejection)
    if data[2] == 0xFF:
        assert found.state == "too_large"
        assert found.detail == f"it has more than {PIXELS - 1:,} pixels"


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", jpeg()[:100], b"\xff\xd8" + b"\xff\xe0\0\0" * 9]
)
def test_what_is_cut_off(data: bytes) -> None:
    assert not is_decoded_in_rows(io.BytesIO(data))
