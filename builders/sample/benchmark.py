"""Writes the sample as a benchmark folder: imports its LoCoMo file and attaches its images."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from locomo_vqa.benchmark import Conversation, ImageRecord, Turn, VisualQuestion
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from locomo_vqa.files import sha256_file
from locomo_vqa.locomo import Locomo, read_locomo

from ..importing import SAMPLE_LICENSE
from .generate import SampleQuestion, image_name, write_sample

__all__ = ["write_sample_benchmark"]


def write_sample_benchmark(
    out: Path, *, seed: int = 0, conversations: int = 10, name: str = "sample"
) -> str:
    """Write the sample as a benchmark folder and return its revision.

    With another seed it is a different sample of the same world, to train on.

    Raises:
        OutputError: the folder already exists or can't be written.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        questions = write_sample(folder, seed, conversations).visual_questions
        locomo = read_locomo(folder / "locomo.json")
        images = _image_files(folder, locomo)
        hashes = {url: sha256_file(path) for url, path in images.items()}
        content = BenchmarkContent(
            name=name,
            license=SAMPLE_LICENSE,
            sources=[{"name": "locomo.json", "sha256": sha256_file(folder / "locomo.json")}],
            conversations=[_with_images(each, hashes) for each in locomo.conversations],
            text_questions=locomo.questions,
            visual_questions=_visual_questions(locomo, questions, hashes),
            images=[_fetched_record(record, images, hashes) for record in locomo.images],
            image_files={hashes[url]: path for url, path in images.items()},
            report=locomo.report.to_json(),
        )
        return write_benchmark(out, content)


def _image_files(folder: Path, locomo: Locomo) -> dict[str, Path]:
    urls = (record.url for record in locomo.images if record.url is not None)
    return {url: folder / "images" / image_name(url) for url in urls}


def _with_images(conversation: Conversation, hashes: Mapping[str, str]) -> Conversation:
    def turn_with_images(turn: Turn) -> Turn:
        images = tuple(
            replace(image, state="ok", sha256=hashes[image.url])
            for image in turn.images
            if image.url is not None
        )
        return replace(turn, images=images)

    sessions = tuple(
        replace(session, turns=tuple(turn_with_images(turn) for turn in session.turns))
        for session in conversation.sessions
    )
    return replace(conversation, sessions=sessions)


def _fetched_record(
    record: ImageRecord, images: Mapping[str, Path], hashes: Mapping[str, str]
) -> ImageRecord:
    assert record.url is not None
    path = images[record.url]
    return replace(
        record,
        state="ok",
        sha256=hashes[record.url],
        bytes=path.stat().st_size,
        format=path.suffix[1:],
    )


def _visual_questions(
    locomo: Locomo, questions: Sequence[SampleQuestion], hashes: Mapping[str, str]
) -> list[VisualQuestion]:
    splits = {conversation.id: conversation.split for conversation in locomo.conversations}
    return [
        VisualQuestion(
            id=f"{each.conversation}/v/{each.turn}/{each.type}",
            conversation=each.conversation,
            turn=each.turn,
            image=hashes[each.url],
            type=each.type,
            question=each.question,
            answer=each.answer,
            reason=each.reason,
            split=splits[each.conversation],
        )
        for each in questions
    ]
