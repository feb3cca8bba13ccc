"""Shuffled images: always another conversation's, always the same, never one that looks alike."""

from __future__ import annotations

import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image as Pillow

from locomo_vqa.benchmark import Benchmark, Conversation, Image, ImageRecord, Session, Turn
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.running.shuffled_images import ShuffledImages
from tests.evaluators.recording import SAMPLE

OF = {
    conversation.id: {str(i.sha256) for _, turn in conversation.turns() for i in turn.images}
    for conversation in SAMPLE.conversations
}


def test_no_conversation_gets_a_image_of_its_own() -> None:
    substitutes = ShuffledImages(SAMPLE)
    everything = {image for images in OF.values() for image in images}
    drawn = []
    for images in OF.values():
        for image in images:
            drawn.append(substitutes.replacement(image))
            assert drawn[-1] in everything - images
    assert len(drawn) == 63
    assert len(set(drawn)) > 30


def test_the_draw_depends_on_the_benchmark_and_the_image_only() -> None:
    order = sorted(image for images in OF.values() for image in images)
    first = ShuffledImages(SAMPLE)
    drawn = {image: first.replacement(image) for image in order}
    turned = ShuffledImages(replace(SAMPLE, conversations=SAMPLE.conversations[::-1]))
    assert {image: turned.replacement(image) for image in reversed(order)} == drawn
    other = ShuffledImages(replace(SAMPLE, revision="f" * 64))
    assert sum(other.replacement(image) != drawn[image] for image in order) > 40


def noise(seed: int) -> Pillow.Image:
    """An image whose look is that of no other seed."""
    values = random.Random(seed).randbytes(64)
    return Pillow.frombytes("L", (8, 8), values).resize((64, 64), Pillow.Resampling.BICUBIC)


def saved(image: Pillow.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def benchmark(folder: Path, shared: Mapping[str, Sequence[bytes]]) -> Benchmark:
    """A benchmark whose conversations share the given images."""
    (folder / "images").mkdir()
    formats, records, conversations = {}, {}, []
    for name, images in shared.items():
        turns = []
        for number, data in enumerate(images, start=1):
            digest = sha256(data).hexdigest()
            formats[digest] = "png"
            (folder / "images" / f"{digest}.png").write_bytes(data)
            records[digest] = ImageRecord(url=digest, state="ok", sha256=digest)
            image = Image(url=digest, sha256=digest, state="ok")
            turns.append(Turn(id=f"D1:{number}", speaker="Ada", text="", images=(image,)))
        session = Session(number=1, time=datetime(2023, 5, 7), turns=tuple(turns))
        conversations.append(
            Conversation(id=name, split="test", speakers=("Ada", "Bo"), sessions=(session,))
        )
    return Benchmark(
        name="Invented",
        revision="0" * 64,
        folder=folder,
        conversations=tuple(conversations),
        text_questions=(),
        visual_questions=(),
        images=tuple(records.values()),
        _formats=formats,
    )


def test_a_image_that_looks_the_same_is_no_substitute(tmp_path: Path) -> None:
    """The second conversation has the first one's images in other bytes, and one of its own."""
    mine = [noise(seed) for seed in range(3)]
    twins = [saved(image, "JPEG") for image in mine]
    new = saved(noise(99))
    made = benchmark(tmp_path, {"a": [saved(p) for p in mine], "b": [*twins, new]})
    substitutes = ShuffledImages(made)
    for image in mine:
        assert substitutes.replacement(sha256(saved(image)).hexdigest()) == sha256(new).hexdigest()
    for data in (twins[0], new):
        with pytest.raises(InputError, match="no other conversation has an image"):
            substitutes.replacement(sha256(data).hexdigest())


def test_a_image_of_two_conversations_is_replaced_by_a_third_one_s(tmp_path: Path) -> None:
    a, b, both, c = (saved(noise(seed)) for seed in range(4))
    substitutes = ShuffledImages(benchmark(tmp_path, {"a": [a, both], "b": [both, b], "c": [c]}))
    assert substitutes.replacement(sha256(both).hexdigest()) == sha256(c).hexdigest()


def test_without_another_image_there_is_no_shuffling(tmp_path: Path) -> None:
    one = benchmark(tmp_path, {"a": [saved(noise(1)), saved(noise(2))]})
    with pytest.raises(InputError, match="no other conversation has an image") as caught:
        ShuffledImages(one).check(["a"])
    assert "two conversations" in caught.value.remedy
    (tmp_path / "flat").mkdir()
    flat = [saved(Pillow.new("RGB", (9, 9), colour)) for colour in ("red", "green")]
    with pytest.raises(InputError, match="no other conversation has an image"):
        ShuffledImages(benchmark(tmp_path / "flat", {"a": flat[:1], "b": flat[1:]})).check(["a"])
