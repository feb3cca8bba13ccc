"""The sample as a benchmark folder: its LoCoMo file is imported, its pictures attached."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from locomo_vqa.benchmark import Conversation, ImageRecord, VisualQuestion
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from locomo_vqa.files import sha256_file
from locomo_vqa.locomo import Locomo, read_locomo

from .make import SampleItem, picture_name, write_sample

__all__ = ["SAMPLE_LICENSE", "write_sample_benchmark"]

SAMPLE_LICENSE = "Apache-2.0"
"""The sample is part of the toolkit."""


def write_sample_benchmark(out: Path, *, seed: int = 0) -> str:
    """Write the sample as a benchmark folder and return its revision.

    Raises:
        OutputError: the folder exists already or can't be written.
    """
    with tempfile.TemporaryDirectory() as name:
        made = Path(name)
        items = write_sample(made, seed=seed).items
        locomo = read_locomo(made / "locomo.json")
        pictures = _pictures(made, locomo)
        hashes = {url: sha256_file(path) for url, path in pictures.items()}
        content = BenchmarkContent(
            name="sample",
            license=SAMPLE_LICENSE,
            sources=[{"name": "locomo.json", "sha256": sha256_file(made / "locomo.json")}],
            conversations=[_with_pictures(c, hashes) for c in locomo.conversations],
            text_questions=locomo.questions,
            visual_questions=_visual_questions(locomo, items, hashes),
            images=[_fetched(record, pictures, hashes) for record in locomo.images],
            image_files={hashes[url]: path for url, path in pictures.items()},
            report=locomo.report.to_json(),
        )
        return write_benchmark(out, content)


def _pictures(made: Path, locomo: Locomo) -> dict[str, Path]:
    urls = (record.url for record in locomo.images if record.url is not None)
    return {url: made / "pictures" / picture_name(url) for url in urls}


def _with_pictures(conversation: Conversation, hashes: Mapping[str, str]) -> Conversation:
    sessions = tuple(
        replace(
            session,
            turns=tuple(
                replace(
                    turn,
                    images=tuple(
                        replace(image, state="ok", sha256=hashes[image.url])
                        for image in turn.images
                        if image.url is not None
                    ),
                )
                for turn in session.turns
            ),
        )
        for session in conversation.sessions
    )
    return replace(conversation, sessions=sessions)


def _fetched(
    record: ImageRecord, pictures: Mapping[str, Path], hashes: Mapping[str, str]
) -> ImageRecord:
    assert record.url is not None
    path = pictures[record.url]
    return replace(
        record,
        state="ok",
        sha256=hashes[record.url],
        bytes=path.stat().st_size,
        format=path.suffix[1:],
    )


def _visual_questions(
    locomo: Locomo, items: Sequence[SampleItem], hashes: Mapping[str, str]
) -> list[VisualQuestion]:
    splits = {conversation.id: conversation.split for conversation in locomo.conversations}
    return [
        VisualQuestion(
            id=f"{item.conversation}/v/{item.turn}/{item.type}",
            conversation=item.conversation,
            turn=item.turn,
            image=hashes[item.url],
            type=item.type,
            question=item.question,
            answer=item.answer,
            reason=item.reason,
            split=splits[item.conversation],
        )
        for item in items
    ]
