"""What a certificate's copies of images reveal: nothing but their pixels."""

from __future__ import annotations

import io
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image as Pillow

from locomo_vqa.evaluators.running.crossed_images import CrossedImages
from locomo_vqa.evaluators.running.crossing import Crossing, Part, commitment_of, new_secret
from locomo_vqa.evaluators.running.plain_copies import plain_pair
from locomo_vqa.runs import VisualMode
from tests.evaluators.recording import SAMPLE, harness, recorder

SECRET = "5" * 64
CONVERSATION = SAMPLE.conversations[0]
IMAGES = [image.sha256 for _, turn in CONVERSATION.turns() for image in turn.images if image.sha256]


def crossing(part: Part = 1, secret: str = SECRET, visual: VisualMode = "given") -> Crossing:
    return Crossing(secret=secret, visual=visual, part=part)


def picture(size: tuple[int, int], seed: int, kind: str, **options: Any) -> bytes:
    values = numpy.random.default_rng(seed).integers(0, 256, (6, 9, 3), dtype=numpy.uint8)
    out = io.BytesIO()
    Pillow.fromarray(values).resize(size).save(out, kind, **options)
    return out.getvalue()


def described(data: bytes) -> tuple[Any, ...]:
    """Everything that Pillow says about a file without decoding it, and its length."""
    image = Pillow.open(io.BytesIO(data))
    info = {name: value for name, value in image.info.items() if name != "comment"}
    quantization = getattr(image, "quantization", None)
    parts = [chunk for chunk in (b"IDAT", b"IEND", b"tEXt", b"eXIf", b"iCCP") if chunk in data]
    return (
        len(data),
        parts if image.format == "PNG" else None,
        image.format,
        image.mode,
        image.size,
        info,
        quantization,
        image.getexif(),
    )


@pytest.mark.parametrize(
    ("own", "other"),
    [
        (picture((90, 60), 1, "PNG"), picture((300, 500), 2, "JPEG", quality=30, dpi=(300, 300))),
        (picture((64, 64), 3, "GIF"), picture((64, 64), 4, "WEBP")),
        (
            picture((900, 600), 5, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0", comment=b"kite"),
            picture((40, 500), 6, "PNG"),
        ),
    ],
)
def test_two_copies_differ_in_pixels_only(own: bytes, other: bytes) -> None:
    first, second = plain_pair(own, other, "seed")
    assert described(first) == described(second)
    assert first != second
    again = plain_pair(own, other, "another seed")
    assert sha256(again[0]).digest() != sha256(first).digest()
    assert plain_pair(own, other, "seed") == (first, second)


@pytest.mark.parametrize("size", [(90, 60), (900, 600), (1, 999)])
def test_a_copy_looks_like_the_image(size: tuple[int, int]) -> None:
    """The noise is at most 1 of 256 levels."""
    own = picture(size, 8, "PNG")
    copy = plain_pair(own, picture((50, 50), 9, "PNG"), "seed")[0]
    before, after = (
        numpy.asarray(Pillow.open(io.BytesIO(data)).convert("RGB"), dtype=int)
        for data in (own, copy)
    )
    assert before.shape == after.shape
    assert abs(before - after).max() == 1


@pytest.mark.parametrize(
    ("size", "copied"), [((4000, 1000), (2000, 500)), ((500, 2000), (500, 2000))]
)
def test_a_copy_has_at_most_a_million_pixels(
    size: tuple[int, int], copied: tuple[int, int]
) -> None:
    pair = plain_pair(picture(size, 8, "JPEG"), picture((50, 50), 9, "PNG"), "seed")
    for copy in pair:
        assert Pillow.open(io.BytesIO(copy)).size == copied
        assert 3_000_000 < len(copy) < 3_010_000


def test_what_is_too_wide_is_made_smaller() -> None:
    wide = plain_pair(picture((65_520, 2), 1, "PNG"), picture((5, 5), 2, "PNG"), "seed")
    assert [Pillow.open(io.BytesIO(each)).size for each in wide] == [(8192, 1), (8192, 1)]


@pytest.mark.parametrize("size", [(300, 200), (1200, 800)])
def test_no_length_in_a_copy_depends_on_its_pixels(size: tuple[int, int]) -> None:
    """A flat image and a noisy one: 3 bytes a pixel, one a row, and less than 1 % besides."""
    flat = io.BytesIO()
    Pillow.new("RGB", size, "white").save(flat, "PNG")
    pair = plain_pair(flat.getvalue(), picture(size, 1, "PNG"), "seed")
    assert _chunks(pair[0]) == _chunks(pair[1])
    assert 1 < len(pair[0]) / (size[1] * (3 * size[0] + 1)) < 1.01


def _chunks(data: bytes) -> list[tuple[bytes, int]]:
    """The name and length of each part of a PNG file."""
    chunks, place = [], 8
    while place < len(data):
        chunks.append((data[place + 4 : place + 8], int.from_bytes(data[place : place + 4], "big")))
        place += chunks[-1][1] + 12
    return chunks


def test_coins_are_fair_and_secret() -> None:
    """Of 4,000 coins within five standard deviations, 158, of 2,000."""
    own = [crossing().shows_own("c", str(number)) for number in range(4000)]
    assert abs(sum(own) - 2000) < 158
    assert [not each for each in own] == [
        crossing(2).shows_own("c", str(number)) for number in range(4000)
    ]
    for other in (crossing(secret="6" * 64), crossing(visual="recalled")):
        same = sum(other.shows_own("c", str(number)) == own[number] for number in range(4000))
        assert abs(same - 2000) < 158
    assert new_secret() != new_secret()
    assert SECRET not in repr(crossing()) and crossing().commitment == commitment_of(SECRET)


def test_the_folders_of_both_parts_look_the_same(tmp_path: Path) -> None:
    """Names, order, sizes, dates and permissions; each image's own pixels are in one part."""
    listed, seen = [], []
    parts: tuple[Part, ...] = (1, 2)
    for part in parts:
        folders = [tmp_path / f"{part}-{name}" for name in ("copies", "references")]
        for folder in folders:
            folder.mkdir()
        images = CrossedImages(
            SAMPLE, CONVERSATION.id, crossing(part), copies=folders[0], references=folders[1]
        )
        paths = [images.copy(sha256) for sha256 in IMAGES]
        status = [path.stat() for path in paths]
        assert [images.reference(each).read_bytes() for each in IMAGES] == [
            path.read_bytes() for path in paths
        ]
        listed.append(
            [
                (p.name, s.st_size, s.st_mtime, s.st_atime, s.st_mode, s.st_nlink, s.st_blocks)
                for p, s in zip(paths, status, strict=True)
            ]
        )
        seen.append([path.read_bytes() for path in paths])
    assert listed[0] == listed[1]
    assert len({data for part in seen for data in part}) == 2 * len(IMAGES)
    for number, image in enumerate(IMAGES):
        near = [_distance(part[number], image) < 4 for part in seen]
        own = crossing().shows_own(CONVERSATION.id, image)
        assert near == [own, not own]


def _distance(data: bytes, image: str) -> float:
    pixels = [
        numpy.asarray(Pillow.open(io.BytesIO(each)).convert("RGB"), dtype=int)
        for each in (data, SAMPLE.read_image(image))
    ]
    return float(abs(pixels[0] - pixels[1]).mean())


def test_a_run_commits_to_its_coins_and_tells_the_system_nothing(tmp_path: Path) -> None:
    systems, infos = [], []
    parts: tuple[Part, ...] = (1, 2)
    for part in parts:
        systems.append(recorder())
        one = harness(systems[-1], tmp_path / str(part))
        one = replace(one, benchmark=replace(SAMPLE, text_questions=()))
        run = replace(one, images="crossed", crossing=crossing(part)).run()
        infos.append(run.info)
    assert [info["certificate"] for info in infos] == [
        {"part": part, "commitment": commitment_of(SECRET)} for part in (1, 2)
    ]
    assert {info["image_handling"] for info in infos} == {"crossed"}
    assert SECRET not in "".join(
        path.read_text() for path in tmp_path.rglob("*.json*") if path.is_file()
    )
    first, second = ([(t.id, t.text, len(t.images)) for t in s.seen] for s in systems)
    assert first == second
    names = [[path.name for path in s.pixels] for s in systems]
    assert names[0] == names[1]
    assert not set(systems[0].pixels.values()) & set(systems[1].pixels.values())
