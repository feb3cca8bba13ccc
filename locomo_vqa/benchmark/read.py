"""The benchmark folder: how a benchmark is laid out on disk, and reading it.

benchmark.json            the manifest: origin, sources, and a hash of every file
conversations.jsonl       one conversation per line
text_questions.jsonl      one LoCoMo question per line
visual_questions.jsonl    one visual question per line
images.jsonl              one image URL per line
images/<sha256>.<ext>     the images that are available
report.json               what the import found
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from locomo_vqa.arguments import nearest
from locomo_vqa.benchmark.checks import MAKE_AGAIN, check_content, check_manifest
from locomo_vqa.benchmark.loaded import Benchmark
from locomo_vqa.benchmark.types import (
    Conversation,
    Erratum,
    Image,
    ImageRecord,
    Session,
    TextQuestion,
    Turn,
    VisualQuestion,
)
from locomo_vqa.benchmark.write import revision_of, splits_of
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, read_jsonl, sha256_file
from locomo_vqa.schemas import validate

__all__ = [
    "read_benchmark",
    "read_manifest",
    "read_report",
]

_FILES = ("conversations.jsonl", "text_questions.jsonl", "visual_questions.jsonl", "images.jsonl")
_T = TypeVar("_T")


def read_report(folder: Path) -> dict[str, Any]:
    """Return the import report of a valid benchmark folder."""
    report: dict[str, Any] = read_json(folder / "report.json", what="the import report")
    return report


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a benchmark folder's manifest, checked against its schema.

    Raises:
        InputError: it is not a benchmark folder, or its manifest is invalid.
    """
    path = folder / "benchmark.json"
    if not folder.exists():
        close = nearest(str(folder), ["sample"])
        raise InputError(
            f"{folder}: is not a benchmark folder: it does not exist.",
            f"Did you mean {close!r}?" if close else "Check the path, or use `sample`.",
        )
    if not path.is_file():
        raise InputError(
            f"{folder}: is not a benchmark folder: it has no benchmark.json.",
            "Give `sample`, or a folder made by `locomo-vqa data import`.",
        )
    manifest: dict[str, Any] = read_json(path, what="the benchmark's manifest")
    validate(manifest, "benchmark", path=path, remedy=MAKE_AGAIN)
    return manifest


def read_benchmark(folder: Path, *, images_apart: bool = True) -> Benchmark:
    """Read a benchmark folder, and check every hash, schema and reference.

    Unless `images_apart`, questions of two splits may be about one image: `fetch_images` leaves
    these out.

    Raises:
        InputError: something does not match; the message names the file and the place in it.
    """
    manifest = read_manifest(folder)
    for name, entry in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise InputError(f"{path}: is missing.", MAKE_AGAIN)
        if sha256_file(path) != entry["sha256"]:
            raise InputError(
                f"{path}: was changed after it was written: benchmark.json has a different hash.",
                MAKE_AGAIN,
            )
    content = _read_content(folder, tuple(manifest["files"][name]["sha256"] for name in _FILES))
    splits = splits_of(content.conversations)
    check_manifest(folder / "benchmark.json", manifest, revision=content.revision, splits=splits)
    images = content.images
    benchmark = Benchmark(
        name=manifest["name"],
        revision=content.revision,
        folder=folder,
        conversations=content.conversations,
        text_questions=content.text,
        visual_questions=content.visual,
        images=images,
        _formats={r.sha256: r.format for r in images if r.sha256 and r.format},
    )
    check_content(benchmark, images_apart=images_apart)
    return benchmark


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    conversations: tuple[Conversation, ...]
    text: tuple[TextQuestion, ...]
    visual: tuple[VisualQuestion, ...]
    images: tuple[ImageRecord, ...]
    revision: str


@lru_cache(maxsize=4)
def _read_content(folder: Path, hashes: tuple[str, ...]) -> _Content:
    """Read the files, whose hashes are those of `_FILES`; what was read once is not read again."""
    conversations = _read(folder, "conversations.jsonl", "conversation", _conversation)
    text = _read(folder, "text_questions.jsonl", "text_question", _text_question)
    visual = _read(folder, "visual_questions.jsonl", "visual_question", _visual_question)
    return _Content(
        conversations=conversations,
        text=text,
        visual=visual,
        images=_read(folder, "images.jsonl", "image", _image_record),
        revision=revision_of(conversations, text, visual),
    )


def _read(
    folder: Path, name: str, schema: str, build: Callable[[dict[str, Any]], _T]
) -> tuple[_T, ...]:
    path = folder / name
    items = []
    for number, row in read_jsonl(path, what="the benchmark's file"):
        validate(row, schema, path=path, place=f"line {number}", remedy=MAKE_AGAIN)
        items.append(build(row))
    return tuple(items)


def _conversation(row: dict[str, Any]) -> Conversation:
    return Conversation(
        id=row["id"],
        split=row["split"],
        speakers=(row["speakers"][0], row["speakers"][1]),
        sessions=tuple(
            Session(
                number=session["number"],
                time=datetime.fromisoformat(session["time"]),
                turns=tuple(_turn(turn) for turn in session["turns"]),
            )
            for session in row["sessions"]
        ),
    )


def _turn(row: dict[str, Any]) -> Turn:
    images = tuple(Image(**image) for image in row["images"])
    return Turn(id=row["id"], speaker=row["speaker"], text=row["text"], images=images)


def _text_question(row: dict[str, Any]) -> TextQuestion:
    erratum = Erratum(**row["erratum"]) if row["erratum"] else None
    return TextQuestion(**{**row, "evidence": tuple(row["evidence"]), "erratum": erratum})


def _visual_question(row: dict[str, Any]) -> VisualQuestion:
    return VisualQuestion(**row)


def _image_record(row: dict[str, Any]) -> ImageRecord:
    return ImageRecord(**{**row, "turns": tuple(row["turns"])})
