"""Small benchmark folders whose images have the URLs that a test wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from locomo_vqa.benchmark import (
    Conversation,
    Image,
    ImageRecord,
    Session,
    Split,
    Turn,
)
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark

SPLIT_OF: dict[str, Split] = {"conv-1": "train", "conv-2": "validation", "conv-3": "test"}


def make_benchmark(folder: Path, urls: Mapping[str, Sequence[str | None]]) -> Path:
    """Write a benchmark without images: each conversation shares its URLs, one a turn."""
    places: dict[str, list[str]] = {}
    captions = []
    for name, shared in urls.items():
        for number, url in enumerate(shared, 1):
            place = f"{name}/D1:{number}"
            if url is None:
                captions.append(ImageRecord(url=None, state="no_url", turns=(place,)))
            else:
                places.setdefault(url, []).append(place)
    records = [
        ImageRecord(url=url, state="not_fetched", turns=tuple(turns))
        for url, turns in places.items()
    ]
    content = BenchmarkContent(
        name="made",
        license="none",
        sources=[],
        conversations=[_conversation(name, shared) for name, shared in urls.items()],
        text_questions=(),
        visual_questions=(),
        images=[*records, *captions],
        image_files={},
        report={},
    )
    write_benchmark(folder, content)
    return folder


def _conversation(name: str, urls: Sequence[str | None]) -> Conversation:
    turns = tuple(
        Turn(
            id=f"D1:{number}",
            speaker="Ada",
            text="Look.",
            images=(Image(url=url, state="not_fetched" if url else "no_url", caption="a picture"),),
        )
        for number, url in enumerate(urls, 1)
    )
    session = Session(number=1, time=datetime(2023, 5, 8, 13), turns=turns)
    return Conversation(id=name, split=SPLIT_OF[name], speakers=("Ada", "Ben"), sessions=(session,))
