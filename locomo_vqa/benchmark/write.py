"""Writes a benchmark folder, completely or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa._version import __version__
from locomo_vqa.benchmark.locate import SAMPLE_FOLDER
from locomo_vqa.benchmark.types import (
    SPLITS,
    Conversation,
    ImageRecord,
    TextQuestion,
    VisualQuestion,
)
from locomo_vqa.files import (
    canonical_json,
    link_or_copy,
    new_folder,
    sha256_file,
    sha256_text,
    write_json,
    write_jsonl,
)
from locomo_vqa.plain_rows import plain_row
from locomo_vqa.schemas import validate

__all__ = ["BenchmarkContent", "revision_of", "splits_of", "write_benchmark"]

_REMEDY = "Correct the content, and write the folder again."
_SCHEMAS = {
    "conversations.jsonl": "conversation",
    "text_questions.jsonl": "text_question",
    "visual_questions.jsonl": "visual_question",
    "images.jsonl": "image",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkContent:
    """What `write_benchmark` writes."""

    name: str
    """The benchmark's name."""
    license: str | None
    """The licence of the conversations and images, as a phrase."""
    sources: Sequence[Mapping[str, str]]
    """`{name, sha256}` of every source file."""
    conversations: Sequence[Conversation]
    text_questions: Sequence[TextQuestion]
    visual_questions: Sequence[VisualQuestion]
    images: Sequence[ImageRecord]
    image_files: Mapping[str, Path]
    """The file of each image with state `ok`, by SHA-256. The folder hard-links these files where
    it can, so they may be replaced or removed, but never modified in place.
    """
    report: Mapping[str, Any]
    """The import report, as JSON."""


def revision_of(
    conversations: Sequence[Conversation],
    text_questions: Sequence[TextQuestion],
    visual_questions: Sequence[VisualQuestion],
) -> str:
    """Return the SHA-256 of everything that a system is asked or shown; errata are not."""
    return sha256_text(
        canonical_json(
            [
                [_conversation_row(conversation) for conversation in conversations],
                [{**plain_row(question), "erratum": None} for question in text_questions],
                [plain_row(question) for question in visual_questions],
            ]
        )
    )


def splits_of(conversations: Sequence[Conversation]) -> dict[str, list[str]]:
    """Return the ids of the conversations of each split, in order."""
    return {split: [c.id for c in conversations if c.split == split] for split in SPLITS}


def write_benchmark(folder: Path, content: BenchmarkContent) -> str:
    """Write a benchmark folder, completely or not at all, and return its revision.

    Raises:
        InputError: the content is not valid.
        OutputError: the folder exists and is not empty, or can't be written.
    """
    remedy = "Choose another `out`, or remove it first."
    with new_folder(folder, what="the benchmark folder", remedy=remedy) as out:
        tables: dict[str, list[dict[str, Any]]] = {
            "conversations.jsonl": [_conversation_row(c) for c in content.conversations],
            "text_questions.jsonl": [plain_row(each) for each in content.text_questions],
            "visual_questions.jsonl": [plain_row(each) for each in content.visual_questions],
            "images.jsonl": [plain_row(record) for record in content.images],
        }
        for name, rows in tables.items():
            _check_rows(folder / name, rows)
            write_jsonl(out / name, rows)
        write_json(out / "report.json", content.report)
        _place_images(out / "images", content)
        revision = revision_of(
            content.conversations, content.text_questions, content.visual_questions
        )
        manifest = _manifest(out, content, tables, revision)
        validate(manifest, "benchmark", path=folder / "benchmark.json", remedy=_REMEDY)
        write_json(out / "benchmark.json", manifest)
    return revision


def _check_rows(path: Path, rows: Sequence[Any]) -> None:
    """Check rows before writing them, so that every written folder can be read."""
    for number, row in enumerate(rows, 1):
        validate(row, _SCHEMAS[path.name], path=path, place=f"line {number}", remedy=_REMEDY)


def _manifest(
    out: Path, content: BenchmarkContent, tables: Mapping[str, Sequence[Any]], revision: str
) -> dict[str, Any]:
    rows = {**{name: len(lines) for name, lines in tables.items()}, "report.json": 1}
    return {
        "schema_version": 1,
        "kind": "benchmark",
        "name": content.name,
        "license": content.license,
        "created_by": {"tool": "locomo-vqa", "version": __version__},
        "revision": revision,
        "sources": list(content.sources),
        "splits": splits_of(content.conversations),
        "files": {
            name: {"sha256": sha256_file(out / name), "rows": number}
            for name, number in rows.items()
        },
    }


def _place_images(folder: Path, content: BenchmarkContent) -> None:
    """Hard-link each image into the folder; images of the installed package are copied."""
    folder.mkdir()
    names = {f"{r.sha256}.{r.format}": r.sha256 for r in content.images if r.sha256 is not None}
    for name, sha256 in names.items():
        source = content.image_files[sha256]
        if source.parent == SAMPLE_FOLDER / "images":
            shutil.copyfile(source, folder / name)
        else:
            link_or_copy(source, folder / name)


def _conversation_row(conversation: Conversation) -> dict[str, Any]:
    row = plain_row(conversation)
    for session in row["sessions"]:
        session["time"] = session["time"].isoformat()
    return row
