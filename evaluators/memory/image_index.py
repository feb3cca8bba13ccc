"""The images shared in a conversation: who shared them, when, and their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from numpy.typing import NDArray

from locomo_vqa.files import sha256_file
from locomo_vqa.system import RecalledImage, ShownImage, ShownTurn

from .vector_index import VectorIndex

__all__ = ["ImageIndex", "RememberedImage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedImage:
    """An image and what is remembered about it."""

    turn: str
    """The id of the turn that shared it."""
    speaker: str
    """The person who shared it."""
    date: date
    """The day of sharing."""
    ordinal: int
    """The image's number among this person's images of that day, from 1."""
    image: ShownImage
    """The image that the system got."""
    description: str | None
    """The caption, or the vision model's description; None without either."""

    @property
    def text(self) -> str:
        """The memory as text, whose vector is used to find the image."""
        day = f"{self.date.day} {self.date:%B} {self.date.year}"
        about = f": {self.description}" if self.description else ""
        return f"{self.speaker} shared a picture on {day}{about}."

    def to_row(self) -> dict[str, Any]:
        """Return the row of images.jsonl, with the name of the image's file in the benchmark."""
        path = self.image.path
        return {
            "turn": self.turn,
            "speaker": self.speaker,
            "date": self.date.isoformat(),
            "ordinal": self.ordinal,
            "text": self.text,
            "file": f"{sha256_file(path)}{path.suffix}" if path else None,
        }


class ImageIndex:
    """All images of a conversation, in the order in which they were shared."""

    def __init__(self, record: Callable[[dict[str, Any]], None]) -> None:
        """Begin without images; `record` is called with each image's row."""
        self._record = record
        self._vectors = VectorIndex()
        self._images: dict[str, RememberedImage] = {}

    def __len__(self) -> int:
        return len(self._images)

    def describe(
        self, turn: ShownTurn, image: ShownImage, description: str | None
    ) -> RememberedImage:
        """Return an image with its number among the indexed images of that person and day."""
        key = (turn.speaker, turn.time.date())
        earlier = [each for each in self._images.values() if (each.speaker, each.date) == key]
        return RememberedImage(
            turn=turn.id,
            speaker=turn.speaker,
            date=turn.time.date(),
            ordinal=len(earlier) + 1,
            image=image,
            description=description,
        )

    def add(self, image: RememberedImage, vector: NDArray[Any]) -> None:
        """Add an image and the vector of its text."""
        name = f"i{len(self._images) + 1}"
        self._record({"id": name, **image.to_row()})
        self._images[name] = image
        self._vectors.put(name, vector)

    def find(self, recalled: RecalledImage, vector: NDArray[Any]) -> RememberedImage | None:
        """Return the image that a question is about; None if the index is empty.

        The date counts first, then the person, then the number among this person's images of that
        day. Ties go to the image whose text is nearest to `vector`, the question's.
        """
        if not self._images:
            return None
        near = self._vectors.search(vector, len(self._images))
        rank: Mapping[str, int] = {name: number for number, (name, _) in enumerate(near)}

        def fit(name: str) -> tuple[bool, bool, bool, int]:
            image = self._images[name]
            return (
                image.date == recalled.date,
                image.speaker == recalled.speaker,
                image.ordinal == recalled.ordinal,
                -rank[name],
            )

        return self._images[max(self._images, key=fit)]
