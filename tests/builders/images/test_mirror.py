"""Images from a folder: three ways to name them, and none out of it."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.builders.images.download import DownloadSettings
from locomo_vqa.builders.images.inspecting import Inspectors
from locomo_vqa.builders.images.mirror import ImageMirror, read_all
from locomo_vqa.builders.images.outcome import ImageOutcome
from locomo_vqa.builders.images.store import ImageStore
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import sha256_text

from .drawn import HTML, image_bytes

SITE = "https://pictures.example"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "mirror"
    path.mkdir()
    return path


def read(folder: Path, *urls: str, max_bytes: int = 1 << 20) -> list[ImageOutcome]:
    settings = DownloadSettings(max_bytes=max_bytes)

    async def run() -> dict[str, ImageOutcome]:
        async with Inspectors(max_pixels=10_000, workers=1) as inspectors:
            return await read_all(
                ImageMirror(folder), urls, store=store, inspectors=inspectors, settings=settings
            )

    with ImageStore(folder.parent / "work", settings.deciding()) as store:
        outcomes = asyncio.run(run())
    return [outcomes[url] for url in urls]


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_three_ways_to_name_a_image(folder: Path) -> None:
    urls = [f"{SITE}/listed", f"{SITE}/hashed", f"{SITE}/bare-hash", f"{SITE}/a b/c.png?w=5"]
    urls += [f"{SITE}/d.png?w=6", f"{SITE}/e%20f.png"]
    put(folder / "some" / "file", image_bytes(1))
    (folder / "mirror.jsonl").write_text(json.dumps({"url": urls[0], "file": "some/file"}) + "\n")
    put(folder / f"{sha256_text(urls[1])}.jpeg", image_bytes(2))
    put(folder / sha256_text(urls[2]), image_bytes(3))
    put(folder / "pictures.example" / "a%20b" / "c.png?w=5", image_bytes(4))
    put(folder / "pictures.example" / "d.png", image_bytes(5))
    put(folder / "pictures.example" / "e f.png", image_bytes(6))
    outcomes = read(folder, *urls)
    assert [outcome.state for outcome in outcomes] == ["ok"] * 6
    assert len({outcome.sha256 for outcome in outcomes}) == 6


def test_what_is_missing_or_no_image(folder: Path) -> None:
    put(folder / "pictures.example" / "page", HTML)
    put(folder / "pictures.example" / "large", bytes(2000))
    (folder / "pictures.example" / "folder").mkdir()
    os.mkfifo(folder / "pictures.example" / "pipe")
    names = ["none", "page", "large", "folder", "pipe", "%ff%00"]
    outcomes = read(folder, *(f"{SITE}/{name}" for name in names), "no url", max_bytes=1000)
    missing = ("not_fetched", "it is not in the mirror")
    assert [(outcome.state, outcome.detail) for outcome in outcomes] == [
        missing,
        ("not_an_image", "it is an HTML page"),
        ("too_large", "it is larger than 1,000 bytes"),
        missing,
        missing,
        missing,
        missing,
    ]


def test_nothing_outside_is_read(folder: Path) -> None:
    secret = folder.parent / "secret.png"
    put(secret, image_bytes(1))
    inside = folder / "pictures.example"
    inside.mkdir()
    (inside / "link.png").symlink_to(secret)
    (inside / "up").symlink_to(folder.parent, target_is_directory=True)
    rows = [
        {"url": "u:relative", "file": "../secret.png"},
        {"url": "u:absolute", "file": str(secret)},
    ]
    (folder / "mirror.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    urls = ["u:relative", "u:absolute", f"{SITE}/link.png", f"{SITE}/up/secret.png"]
    urls += ["http://../secret.png", f"{SITE}/%2e%2e/%2e%2e/secret.png"]
    outcomes = read(folder, *urls)
    assert not any(outcome.state == "ok" for outcome in outcomes)
    assert [outcome.state for outcome in outcomes[:4]] == ["blocked"] * 4
    put(inside / "real.png", image_bytes(2))
    (inside / "inner.png").symlink_to(inside / "real.png")
    assert read(folder, f"{SITE}/inner.png")[0].state == "ok"


@pytest.mark.parametrize("line", ["[]", '{"url": "u"}', '{"url": "u", "file": 3}', "{"])
def test_a_bad_list(folder: Path, line: str) -> None:
    (folder / "mirror.jsonl").write_text(line)
    with pytest.raises(InputError, match=r"mirror\.jsonl"):
        ImageMirror(folder)


def test_no_mirror(folder: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        ImageMirror(folder / "none")


def test_an_error_leaves_no_image_behind_that_is_still_being_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reads images can be closed after it: the first image that is done can't be noted."""
    urls = [f"{SITE}/{number}.png" for number in range(6)]
    for number in range(6):
        put(folder / "pictures.example" / f"{number}.png", image_bytes(number))
    settings = DownloadSettings(max_bytes=1 << 20)

    async def fail(url: str, outcome: ImageOutcome) -> None:
        raise OutputError(f"{url}: the disk is full.", "Make room.")

    async def run() -> set[asyncio.Task[Any]]:
        async with Inspectors(max_pixels=10_000, workers=2) as inspectors:
            with pytest.raises(OutputError, match="the disk is full"):
                await read_all(
                    ImageMirror(folder), urls, store=store, inspectors=inspectors, settings=settings
                )
            return asyncio.all_tasks() - {asyncio.current_task()}

    with ImageStore(folder.parent / "work", settings.deciding()) as store:
        monkeypatch.setattr(store, "finish", fail)
        assert asyncio.run(run()) == set()
