"""A loaded benchmark, and how it is shown at a prompt and in a notebook."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from locomo_vqa.benchmark.types import (
    CATEGORIES,
    QUESTION_TYPES,
    SPLITS,
    Conversation,
    ImageRecord,
    Split,
    TextQuestion,
    VisualQuestion,
)
from locomo_vqa.errors import InputError
from locomo_vqa.html_table import html_table
from locomo_vqa.image_decoding import read_image_bytes
from locomo_vqa.text import counted

__all__ = ["Benchmark"]

_RESTORE = "Restore the file, or fetch the images again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Conversations with their questions and images."""

    name: str
    """Its name."""
    revision: str
    """SHA-256 of the parsed content without errata; equal for benchmarks with equal questions."""
    folder: Path
    """The benchmark folder; the images are in its subfolder `images/`."""
    conversations: tuple[Conversation, ...]
    """In file order."""
    text_questions: tuple[TextQuestion, ...]
    """Ordered by conversation, then index."""
    visual_questions: tuple[VisualQuestion, ...]
    """Ordered by conversation, then turn."""
    images: tuple[ImageRecord, ...]
    """One for each URL."""
    _formats: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return (
            f"<Benchmark {self.name!r}: {counted(len(self.conversations), 'conversation')}, "
            f"{len(self.text_questions):,} text questions, "
            f"{len(self.visual_questions):,} visual questions>"
        )

    def _repr_html_(self) -> str:
        rows = [_row_of_counts(label, Counter(splits)) for label, splits in _items_by_row(self)]
        return html_table(
            [""],
            [row for row in rows if not row[0].startswith("–") or row[-1] != "0"],
            numbers=[*SPLITS, "all"],
            caption=self.name,
            notes=[f"revision {self.revision}", f"folder {self.folder}"],
        )

    def image_path(self, sha256: str) -> Path:
        """Return the path of an image's file; raises KeyError for an unknown hash."""
        return self.folder / "images" / f"{sha256}.{self._formats[sha256]}"

    def read_image(self, sha256: str) -> bytes:
        """Return an image's bytes, checked against its hash.

        Raises:
            InputError: the file is missing, too large, or was changed.
        """
        path = self.image_path(sha256)
        data = read_image_bytes(path)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise InputError(f"{path}: was changed: its hash differs from its name.", _RESTORE)
        return data


def _items_by_row(benchmark: Benchmark) -> Iterator[tuple[str, Iterable[Split]]]:
    """Yield each row's label with the splits of the items that it counts."""
    conversations = benchmark.conversations
    text, visual = benchmark.text_questions, benchmark.visual_questions
    turns = [(c.split, turn) for c in conversations for _, turn in c.turns()]
    yield "conversations", [c.split for c in conversations]
    yield "sessions", [c.split for c in conversations for _ in c.sessions]
    yield "turns", [split for split, _ in turns]
    images = [(split, image) for split, turn in turns for image in turn.images]
    yield "shared images", [split for split, _ in images]
    yield "– available", [split for split, image in images if image.state == "ok"]
    yield "text questions", [question.split for question in text]
    for number, category in CATEGORIES.items():
        yield f"– {category}", [q.split for q in text if q.category == number]
    yield "visual questions", [question.split for question in visual]
    for type in QUESTION_TYPES:
        yield f"– {type}", [q.split for q in visual if q.type == type]


def _row_of_counts(label: str, number: Counter[Split]) -> list[str]:
    counts = [number[split] for split in SPLITS]
    return [label, *(f"{count:,}" for count in [*counts, sum(counts)])]
