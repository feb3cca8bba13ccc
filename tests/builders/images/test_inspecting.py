"""A file that breaks the decoder costs a worker and not the run."""

from __future__ import annotations

import asyncio
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from locomo_vqa.builders.images.inspecting import Inspectors
from locomo_vqa.errors import MissingResource
from locomo_vqa.images import ImageFacts, ImageRejection
from tests.core.memory import MOST_MB, peak_mb

from .drawn import image_bytes

FRAGILE = """
import json, os, sys, time
print("ready", flush=True)
for line in sys.stdin:
    folder, path = os.path.split(json.loads(line)["path"])
    with open(folder + "/log", "a") as log:
        log.write(path + " ")
    if "crash" in path:
        os._exit(11)
    if "hang" in path:
        time.sleep(60)
    if "flood" in path:
        print("x" * 200_000, flush=True)
    print(json.dumps({"refusal": {"state": "not_an_image", "detail": "seen"}}), flush=True)
"""


def ask(
    paths: list[Path], *command: str, seconds: float = 100
) -> list[ImageFacts | ImageRejection]:
    async def run() -> list[ImageFacts | ImageRejection]:
        chosen = {"command": command} if command else {}
        async with Inspectors(
            max_pixels=10_000, workers=1, seconds=seconds, **chosen
        ) as inspectors:
            return await asyncio.gather(*map(inspectors.inspect, paths))

    return asyncio.run(run())


def test_real_workers(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(image_bytes(1))
    (tmp_path / "b").write_bytes(b"no picture")
    facts, refusal = ask([tmp_path / "a", tmp_path / "b"])
    assert isinstance(facts, ImageFacts)
    assert (facts.width, facts.height, facts.format) == (64, 48, "png")
    assert isinstance(refusal, ImageRejection)


@pytest.mark.slow
def test_crashes_and_hangs(tmp_path: Path) -> None:
    names = ["one", "crash", "two", "hang", "three", "flood", "four"]
    paths = [tmp_path / name for name in names]
    found = ask(paths, sys.executable, "-c", FRAGILE, seconds=4)
    details = [refusal.detail for refusal in found if isinstance(refusal, ImageRejection)]
    assert details[0::2] == ["seen"] * 4
    assert details[1] == "decoding it fails"
    assert details[3] == "decoding it takes too long"
    assert details[5] == "decoding it fails"
    asked = (tmp_path / "log").read_text().split()
    assert [asked.count(name) for name in names] == [1, 2, 1, 2, 1, 2, 1]


def test_a_worker_that_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(MissingResource, match="can't be started"):
        ask([tmp_path / "a"], sys.executable, "-c", "raise SystemExit(3)")


@pytest.mark.slow
def test_a_folder_called_like_the_package_does_not_hide_it(tmp_path: Path) -> None:
    """In a clone, the working directory has the core without the other packages."""
    (tmp_path / "locomo_vqa").mkdir()
    (tmp_path / "locomo_vqa" / "__init__.py").touch()
    command = Path(sys.executable).with_name("locomo-vqa")
    for stage in (["ingest", "sample"], ["images"]):
        done = subprocess.run(
            [command, "build", *stage, "--work", "w"], cwd=tmp_path, capture_output=True, text=True
        )
    assert "images: 63 URLs: 63 ok" in done.stdout, done.stderr


WORK = """
import io, json, sys
from locomo_vqa.builders.images import inspect_worker
sys.stdin = io.StringIO(json.dumps({"path": sys.argv[1], "max_pixels": 50_000_000}))
inspect_worker.main()
"""


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of_one_column(height: int) -> bytes:
    header = struct.pack(">IIBBBBB", 1, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(2 * height), 1)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "side", "shown"),
    [("CMYK", 7070, False), ("CMYK", 5470, True), ("RGB", 7070, False), ("RGB", 5470, True)],
)
def test_a_progressive_jpeg_takes_less_than_half_a_gigabyte(
    mode: str, side: int, shown: bool, tmp_path: Path
) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    path = tmp_path / "image.jpg"
    image = Image.new(mode, (side, side))
    image.save(path, progressive=True, quality=10, subsampling=0, exif=turned)
    peak, printed = peak_mb(WORK, path)
    assert peak < MOST_MB
    assert ("facts" in printed) == shown
    assert ("too_large" in printed) != shown


@pytest.mark.slow
def test_a_png_of_one_column_takes_less_than_half_a_gigabyte(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(png_of_one_column(49_000_000))
    peak, printed = peak_mb(WORK, path)
    assert peak < MOST_MB
    assert "too_large" in printed
