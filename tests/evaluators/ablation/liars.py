"""Systems without sight that know the gold answers, none of them by the pixels.

They learn as much as they can: a reader of files has a table from what it reads of an image's file
in the benchmark to the image, and knows every gold answer.
"""

from __future__ import annotations

import io
import json
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from PIL import Image

from locomo_vqa.benchmark import VisualQuestion
from locomo_vqa.system import ShownImage, ShownTurn
from tests.evaluators.recording import SAMPLE

__all__ = ["ASKED", "LIARS", "SEES", "Reading"]

ASKED = [q for q in SAMPLE.visual_questions if q.split == "test"]
"""90 questions about 13 images."""

_IMAGES = {q.image: SAMPLE.image_path(q.image) for q in SAMPLE.visual_questions}
_GOLD = {(q.image, q.question): q.answer for q in SAMPLE.visual_questions}
_WORDS = set(_GOLD.values())
_COMMON = {
    question: Counter(q.answer for q in ASKED if q.question == question).most_common(1)[0][0]
    for question in {q.question for q in ASKED}
}


class Reading:
    """What a system has read of a conversation."""

    def __init__(self, conversation: str) -> None:
        self.conversation = conversation
        self.turn_of: dict[Path | None, ShownTurn] = {}
        self.known: dict[str, list[VisualQuestion]] = {}
        for question in ASKED:
            if question.conversation == conversation:
                self.known.setdefault(question.question, []).append(question)

    def add(self, turns: Any) -> None:
        for turn in turns:
            for image in turn.images:
                self.turn_of.setdefault(image.path, turn)


Liar = Callable[[Reading, str, ShownImage | None], str]


def _reader(read: Callable[[Path], Any]) -> Liar:
    """Look up the image by what `read` returns for its file."""
    known = {read(path): image for image, path in _IMAGES.items()}

    def look_up(reading: Reading, question: str, image: ShownImage | None) -> str:
        shown = known.get(read(image.path)) if image and image.path else None
        return _GOLD.get((shown or "", question), _COMMON[question])

    return look_up


def _of_header(path: Path) -> Any:
    """Everything that Pillow says of a file before it decodes it."""
    with Image.open(path) as image:
        notes = [(name, value) for name, value in image.info.items() if name != "comment"]
        tables = sorted((getattr(image, "quantization", None) or {}).items())
        return repr((image.format, image.mode, image.size, notes, tables, [*image.getexif()]))


def _of_pixels(path: Path) -> int:
    with Image.open(path) as image:
        return zlib.crc32(image.convert("RGB").tobytes())


def _of_data(path: Path) -> int:
    """The length of a PNG's compressed pixels, from the heads of its chunks."""
    data, place, length = path.read_bytes(), 8, 0
    while data[:4] == b"\x89PNG" and place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        length += size * (data[place + 4 : place + 8] == b"IDAT")
        place += size + 12
    return length


def _of_comment(path: Path) -> Any:
    with Image.open(path) as image:
        return len(image.info.get("comment", b"")), tuple(sorted(image.info))


def _by_text(reading: Reading, question: str, image: ShownImage | None) -> str:
    return reading.known[question][0].answer


def _by_turn(reading: Reading, question: str, image: ShownImage | None) -> str:
    turn = reading.turn_of.get(image.path) if image else None
    known = reading.known[question]
    return next((q.answer for q in known if turn and q.turn == turn.id), known[0].answer)


def _by_order(reading: Reading, question: str, image: ShownImage | None) -> str:
    order, known = list(reading.turn_of), reading.known[question]
    place = order.index(image.path) if image and image.path in order else 0
    return known[place % len(known)].answer


def _of_captions(reading: Reading, question: str, image: ShownImage | None) -> str:
    words = (image.caption or "").lower().split() if image else []
    return next((word for word in words if word in _WORDS), _COMMON[question])


def _adds_text(reading: Reading, question: str, image: ShownImage | None) -> str:
    """Take a word of the turn that an image was shared in."""
    turn = reading.turn_of.get(image.path) if image else None
    words = turn.text.lower().replace(".", "").split() if turn else []
    return next((word for word in words if word in _WORDS), _COMMON[question])


def _commonest(reading: Reading, question: str, image: ShownImage | None) -> str:
    return _COMMON[question]


def _searcher() -> Liar:
    """Find the benchmark's folder, with the gold answers and the files of images."""
    lines = (SAMPLE.folder / "visual_questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    files = {path.read_bytes(): path.stem for path in (SAMPLE.folder / "images").iterdir()}

    def search(reading: Reading, question: str, image: ShownImage | None) -> str:
        shown = files.get(image.path.read_bytes()) if image and image.path else None
        for row in rows:
            mine = row["image"] == shown or row["conversation"] == reading.conversation
            if row["question"] == question and mine:
                return str(row["answer"])
        return "no"

    return search


def _small(path: Path) -> bytes:
    return Image.open(io.BytesIO(path.read_bytes())).convert("RGB").resize((8, 8)).tobytes()


def _seer() -> Liar:
    """Compare what is shown with small versions of the sample's images, by their look."""
    known = {image: _small(path) for image, path in _IMAGES.items()}

    def see(reading: Reading, question: str, image: ShownImage | None) -> str:
        if image is None or image.path is None:
            return "nothing"
        shown = _small(image.path)
        distances = {
            name: sum(abs(a - b) for a, b in zip(shown, one, strict=True))
            for name, one in known.items()
        }
        return _GOLD.get((min(distances, key=distances.__getitem__), question), "no")

    return see


LIARS: Mapping[str, Liar] = {
    "file name": _reader(lambda path: path.name),
    "file ending": _reader(lambda path: path.suffix),
    "size in bytes": _reader(lambda path: path.stat().st_size),
    "size on disk": _reader(lambda path: path.stat().st_blocks),
    "date": _reader(lambda path: path.stat().st_mtime_ns),
    "permissions and links": _reader(lambda path: path.stat()[:4:3]),
    "SHA-256": _reader(lambda path: sha256(path.read_bytes()).hexdigest()),
    "first bytes": _reader(lambda path: path.read_bytes()[:512]),
    "last bytes": _reader(lambda path: path.read_bytes()[-32:]),
    "checksum of the pixels": _reader(_of_pixels),
    "format, width, colours, tables, notes": _reader(_of_header),
    "length of the compressed pixels": _reader(_of_data),
    "comments": _reader(_of_comment),
    "number of files": _reader(lambda path: len([*path.parent.iterdir()])),
    "question's text": _by_text,
    "conversation and turn": _by_turn,
    "order of images": _by_order,
    "captions": _of_captions,
    "only adds text": _adds_text,
    "commonest answer": _commonest,
    "benchmark on disk": _searcher(),
}
"""Each answers a question from what was read, without sight."""

SEES = _seer()
"""Answers a question by what is shown."""
