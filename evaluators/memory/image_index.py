"""The pictures that were shared: who shared them, when, and where they lie."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from locomo_vqa.system import ShownImage, ShownTurn

from ..running.recalled import ordinal
from .vector_index import VectorIndex

__all__ = ["ImageIndex", "SharedImage"]

_WHICH = re.compile(r"\b(\w+) of the \w+ pictures\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedImage:
    """A picture and its memory."""

    turn: str
    """The turn that shared it."""
    speaker: str
    """Who shared it."""
    day: str
    """On which day, such as `7 May 2023`."""
    place: int
    """Which of that person's pictures of that day it is, from 1."""
    image: ShownImage
    """The picture as it was shown."""
    shows: str | None
    """What it shows: the caption, or the vision model's words; None where nobody said."""

    @property
    def text(self) -> str:
        """The memory's words."""
        about = f": {self.shows}" if self.shows else ""
        return f"{self.speaker} shared a picture on {self.day}{about}."

    def to_row(self) -> dict[str, Any]:
        """Return the line of pictures.jsonl; of the picture's path only the file's name."""
        return {
            "turn": self.turn,
            "speaker": self.speaker,
            "day": self.day,
            "place": self.place,
            "text": self.text,
            "file": self.image.path.name if self.image.path else None,
        }


class ImageIndex:
    """All pictures of a conversation, in the order of sharing."""

    def __init__(self, note: Callable[[dict[str, Any]], None], nearest: VectorIndex) -> None:
        self._note = note
        self._nearest = nearest
        self._pictures: dict[str, SharedImage] = {}

    def __len__(self) -> int:
        return len(self._pictures)

    def picture(self, turn: ShownTurn, image: ShownImage, shows: str | None) -> SharedImage:
        """Return a picture's memory, with its place among those already kept."""
        day = f"{turn.time.day} {turn.time:%B} {turn.time.year}"
        others = [p for p in self._pictures.values() if (p.speaker, p.day) == (turn.speaker, day)]
        return SharedImage(
            turn=turn.id,
            speaker=turn.speaker,
            day=day,
            place=len(others) + 1,
            image=image,
            shows=shows,
        )

    def keep(self, picture: SharedImage, vector: NDArray[Any]) -> None:
        """Remember a picture; `vector` is its text's."""
        name = f"p{len(self._pictures) + 1}"
        self._note({"id": name, **picture.to_row()})
        self._pictures[name] = picture
        self._nearest.put(name, vector)

    def find(self, question: str, vector: NDArray[Any]) -> SharedImage | None:
        """Return the picture that a question is most likely about.

        First counts the day, then the person, then the place among several of that day, as far
        as the question names them; between what is left, how close the memory's words are.
        """
        if not self._pictures:
            return None
        near = self._nearest.search(vector, len(self._pictures))
        rank: Mapping[str, int] = {name: place for place, (name, _) in enumerate(near)}
        named = _WHICH.search(question)
        which = named[1].lower() if named else None

        def fit(name: str) -> tuple[bool, bool, bool, int]:
            picture = self._pictures[name]
            return (
                _names(question, picture.day),
                _names(question, picture.speaker),
                which == ordinal(picture.place),
                -rank[name],
            )

        return self._pictures[max(self._pictures, key=fit)]


def _names(question: str, words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", question) is not None
