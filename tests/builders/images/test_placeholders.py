"""Pictures in place of what is gone: which images are taken for them, and which are not."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image as pil

from locomo_vqa.benchmark import Conversation, Image, ImageRecord, Session, Turn
from locomo_vqa.builders.images.fetch_images import fetch_images
from locomo_vqa.builders.images.placeholders import mark_placeholders, tells_of_loss

from .benchmarks_made import make_benchmark
from .conftest import quick
from .drawn import encode, image_bytes
from .image_server import ImageServer, reply

HOST = "https://pictures.invalid"
GONE = "4 unrelated addresses give this one picture"


def record(
    name: str, sha: str, *, size: tuple[int, int] = (96, 80), phash: str | None = "0" * 16
) -> ImageRecord:
    return ImageRecord(
        url=f"{HOST}/{name}",
        state="ok",
        sha256=sha * 64,
        bytes=100,
        format="png",
        turns=("conv-1/D1:1",),
        width=size[0],
        height=size[1],
        phash=phash,
    )


def conversation(captions: dict[str, str | None]) -> Conversation:
    turns = tuple(
        Turn(
            id=f"D1:{number}",
            speaker="Ada",
            text="Look.",
            images=(Image(url=f"{HOST}/{name}", state="ok", caption=caption),),
        )
        for number, (name, caption) in enumerate(captions.items(), 1)
    )
    session = Session(number=1, time=datetime(2023, 3, 4, 9, 12), turns=turns)
    return Conversation(id="conv-1", split="train", speakers=("Ada", "Ben"), sessions=(session,))


def details(records: list[ImageRecord], captions: dict[str, str | None]) -> list[str | None]:
    marked = mark_placeholders([conversation(captions)], records)
    assert [each.url for each in marked] == [each.url for each in records]
    for each in marked:
        assert (each.state == "ok") == (each.sha256 is not None)
    return [each.detail if each.state == "placeholder" else None for each in marked]


def test_one_picture_for_addresses_with_different_captions() -> None:
    names = ("a.jpg", "b.jpg", "c.jpg", "d.jpg")
    records = [*(record(name, "a") for name in names), record("e.jpg", "b")]
    captions: dict[str, str | None] = {name: f"a photo of thing {name}" for name in names}
    assert details(records, captions) == [GONE, GONE, GONE, GONE, None]


def test_a_picture_that_was_shared_twice_stays() -> None:
    pair = [record("a.jpg", "a"), record("b.jpg", "a")]
    assert details(pair, {"a.jpg": "a dog on a sofa", "b.jpg": "A dog on  a sofa"}) == [None, None]
    other = {"a.jpg": "a dog on a sofa", "b.jpg": "a red boat"}
    two = "2 unrelated addresses give this one picture"
    assert details(pair, dict(other)) == [two, two]
    sizes = [record("a.jpg?w=100", "a"), record("a.jpg?w=200", "a")]
    assert details(sizes, {"a.jpg?w=100": "a dog", "a.jpg?w=200": "a boat"}) == [None, None]


def test_without_captions_it_takes_three_addresses() -> None:
    three = [record(name, "a") for name in ("a.jpg", "b.jpg", "c.jpg")]
    why = "3 unrelated addresses give this one picture"
    assert details(three, {}) == [why, why, why]
    assert details(three[:2], {}) == [None, None]


def test_pixels_and_one_colour() -> None:
    records = [
        record("pixel.gif", "a", size=(1, 1), phash=None),
        record("white.jpg", "b", phash=None),
        record("line.png", "c", size=(400, 7)),
        record("small.png", "d", size=(8, 8)),
    ]
    assert details(records, {}) == [
        "it has 1 × 1 pixels",
        "it is of one colour, or nearly",
        "it has 400 × 7 pixels",
        None,
    ]


def test_records_of_which_nothing_is_known_stay() -> None:
    unknown = ImageRecord(url=f"{HOST}/a.jpg", state="ok", sha256="a" * 64, turns=())
    lost = ImageRecord(url=f"{HOST}/b.jpg", state="unavailable", detail="answered 404 Not Found")
    assert mark_placeholders([], [unknown, lost]) == [unknown, lost]


@pytest.mark.parametrize(
    ("answered", "name"),
    [
        ("https://i.host.invalid/removed.png", "removed.png"),
        ("https://host.invalid/static/image-not-found.jpg?x=1", "image-not-found.jpg"),
        ("https://host.invalid/no_photo.gif", "no_photo.gif"),
        ("https://host.invalid/404.png", "404.png"),
        ("https://host.invalid/placeholder/", "placeholder"),
        ("https://cdn.host.invalid/abc123.jpg", None),
        ("https://host.invalid/removed/abc123.jpg", None),
        ("https://host.invalid/dragon-egg-14042.jpg", None),
        ("https://host.invalid/gone-girl.jpg", None),
        ("https://host.invalid/imageNotFound.png", "imageNotFound.png"),
        ("https://host.invalid/image.jpg", None),
    ],
)
def test_redirects_that_tell(answered: str, name: str | None) -> None:
    assert tells_of_loss("https://host.invalid/abc123.jpg", answered) == name


def test_a_picture_that_was_called_so_from_the_start_is_one() -> None:
    asked = "https://host.invalid/gone-fishing.jpg"
    assert tells_of_loss(asked, "https://cdn.host.invalid/gone-fishing.jpg") is None


def test_fetching_leaves_them_out_and_counts_them(server: ImageServer, tmp_path: Path) -> None:
    white = encode(pil.new("RGB", (200, 150), "white"), "JPEG")
    server.routes |= {
        "/a.png": reply(200, image_bytes(1)),
        "/b.png": reply(302, b"", "Location: /removed.png"),
        "/removed.png": reply(200, image_bytes(2)),
        "/white.jpg": reply(200, white),
    }
    urls = [server.url(f"/{name}") for name in ("a.png", "b.png", "white.jpg")]
    source = make_benchmark(tmp_path / "source", {"conv-1": urls})
    settings = quick(server)
    done = fetch_images(source, out=tmp_path / "out", settings=settings, progress=False)
    assert done.losses.by_state == {"ok": 1, "placeholder": 2}
    assert sorted(reason["detail"] for reason in done.losses.reasons) == [
        "it is of one colour, or nearly",
        "its host sends a picture called removed.png instead",
    ]
    rows = map(json.loads, (tmp_path / "out" / "images.jsonl").read_text().splitlines())
    assert [row["state"] for row in rows] == ["ok", "placeholder", "placeholder"]
    assert len(list((tmp_path / "out" / "images").iterdir())) == 1


def test_four_redirects_to_one_picture_and_a_pixel_are_no_images(
    server: ImageServer, tmp_path: Path
) -> None:
    """As hosts do it: what is gone leads to one picture, or is a pixel; another image is one."""
    gone = [f"/gone/{name}.jpg" for name in ("a1", "b2", "c3", "d4")]
    pixel = encode(pil.new("P", (1, 1)), "GIF")
    server.routes |= {
        **{path: reply(302, b"", "Location: /removed.png") for path in gone},
        "/removed.png": reply(200, image_bytes(2)),
        "/pixel.gif": reply(200, pixel),
        "/noext": reply(200, image_bytes(3)),
    }
    urls = [server.url(path) for path in (*gone, "/pixel.gif", "/noext")]
    source = make_benchmark(tmp_path / "source", {"conv-1": urls})
    done = fetch_images(source, out=tmp_path / "out", settings=quick(server), progress=False)
    assert done.losses.by_state == {"ok": 1, "placeholder": 5}
    rows = map(json.loads, (tmp_path / "out" / "images.jsonl").read_text().splitlines())
    said = {row["url"]: (row["state"], row["detail"]) for row in rows}
    removed = ("placeholder", "its host sends a picture called removed.png instead")
    assert [said[url] for url in urls[:4]] == [removed] * 4
    assert said[urls[4]] == ("placeholder", "it has 1 × 1 pixels")
    assert said[urls[5]][0] == "ok"
