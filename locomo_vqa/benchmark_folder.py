"""The benchmark folder: how a benchmark lies on disk.

benchmark.json            the manifest: what made it, of what, and a hash of every file
conversations.jsonl       one conversation a line
text_questions.jsonl      one LoCoMo question a line
visual_questions.jsonl    one visual question a line
images.jsonl              one distinct picture URL a line
images/<sha256>.<ext>     the pictures that could be fetched
report.json               what the import found
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from locomo_vqa._version import __version__
from locomo_vqa.benchmark import (
    SPLITS,
    Benchmark,
    Conversation,
    Erratum,
    Image,
    ImageRecord,
    Session,
    TextQuestion,
    Turn,
    VisualQuestion,
)
from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.files import (
    canonical_json,
    new_folder,
    read_json,
    read_jsonl,
    sha256_file,
    sha256_text,
    write_json,
    write_jsonl,
)
from locomo_vqa.schemas import validate

__all__ = ["BenchmarkContent", "find_folder", "read_benchmark", "read_report", "write_benchmark"]

SAMPLE_FOLDER = Path(__file__).parent / "sample" / "data" / "benchmark"
"""Where `load_benchmark("sample")` finds the sample."""

_REMEDY = "Restore the file, or make the folder again with `locomo-vqa data import`."
_MEND = "Mend what goes in there, and make the folder again."
_SCHEMAS = {
    "conversations.jsonl": "conversation",
    "text_questions.jsonl": "text_question",
    "visual_questions.jsonl": "visual_question",
    "images.jsonl": "image",
}
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkContent:
    """What `write_benchmark` writes."""

    name: str
    """What the benchmark calls itself."""
    license: str | None
    """The licence of the conversations and pictures, as a phrase."""
    sources: Sequence[Mapping[str, str]]
    """`{name, sha256}` of every file that went in."""
    conversations: Sequence[Conversation]
    text_questions: Sequence[TextQuestion]
    visual_questions: Sequence[VisualQuestion]
    images: Sequence[ImageRecord]
    pictures: Mapping[str, Path]
    """Where the bytes of each picture with state `ok` are now, by SHA-256."""
    report: Mapping[str, Any]
    """The import report, as JSON."""


def revision_of(
    conversations: Sequence[Conversation],
    text_questions: Sequence[TextQuestion],
    visual_questions: Sequence[VisualQuestion],
) -> str:
    """Return the SHA-256 of what a system is asked and shown; errata do not change it."""
    return sha256_text(
        canonical_json(
            [
                [_conversation_row(conversation) for conversation in conversations],
                [{**asdict(question), "erratum": None} for question in text_questions],
                [asdict(question) for question in visual_questions],
            ]
        )
    )


def write_benchmark(folder: Path, content: BenchmarkContent) -> str:
    """Write a benchmark folder, whole or not at all, and return its revision.

    Raises:
        OutputError: the folder exists and is not empty, or can't be written.
    """
    remedy = "Choose another --out, or remove it first."
    with new_folder(folder, what="the benchmark folder", remedy=remedy) as out:
        tables: dict[str, list[dict[str, Any]]] = {
            "conversations.jsonl": [_conversation_row(c) for c in content.conversations],
            "text_questions.jsonl": [asdict(question) for question in content.text_questions],
            "visual_questions.jsonl": [asdict(question) for question in content.visual_questions],
            "images.jsonl": [asdict(record) for record in content.images],
        }
        for name, rows in tables.items():
            _check_rows(folder / name, rows)
            write_jsonl(out / name, rows)
        write_json(out / "report.json", content.report)
        _copy_pictures(out / "images", content)
        revision = revision_of(
            content.conversations, content.text_questions, content.visual_questions
        )
        manifest = _manifest(out, content, tables, revision)
        validate(manifest, "benchmark", path=folder / "benchmark.json", remedy=_MEND)
        write_json(out / "benchmark.json", manifest)
    return revision


def _check_rows(path: Path, rows: Sequence[Any]) -> None:
    """Check what is to be written, so that a folder that exists can be read."""
    for number, row in enumerate(rows, 1):
        validate(row, _SCHEMAS[path.name], path=path, place=f"line {number}", remedy=_MEND)


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
        "splits": {
            split: [c.id for c in content.conversations if c.split == split] for split in SPLITS
        },
        "files": {
            name: {"sha256": sha256_file(out / name), "rows": number}
            for name, number in rows.items()
        },
    }


def _copy_pictures(folder: Path, content: BenchmarkContent) -> None:
    folder.mkdir()
    for record in content.images:
        if record.sha256 is not None:
            target = folder / f"{record.sha256}.{record.format}"
            shutil.copyfile(content.pictures[record.sha256], target)


def _conversation_row(conversation: Conversation) -> dict[str, Any]:
    row = asdict(conversation)
    for session in row["sessions"]:
        session["time"] = session["time"].isoformat()
    return row


def find_folder(source: str) -> Path:
    """Return the local folder of `"sample"`, of a path, or of a data set on the Hub."""
    if source == "sample":
        return SAMPLE_FOLDER
    path = Path(source)
    if path.exists() or not _HUB_NAME.fullmatch(source):
        return path
    return _download(source)


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download

    patterns = ["*.jsonl", "benchmark.json", "report.json", "images/*"]
    try:
        folder = snapshot_download(name, repo_type="dataset", allow_patterns=patterns)
    except Exception as error:  # noqa: BLE001 - the client lets errors of several libraries through
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise MissingResource(
            f"{name}: there is no such folder here, and the Hugging Face Hub did not give "
            f"such a data set ({reason}).",
            "Check the path, or the data set's name and the network.",
        ) from None
    return Path(folder)


def read_report(folder: Path) -> dict[str, Any]:
    """Return the import report of a benchmark folder that `read_benchmark` accepts."""
    report: dict[str, Any] = read_json(folder / "report.json", what="the import report")
    return report


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a benchmark folder, valid.

    Raises:
        InputError: the folder is none, or its manifest has another shape.
    """
    path = folder / "benchmark.json"
    if not path.is_file():
        raise InputError(
            f"{folder}: is no benchmark folder (it has no benchmark.json).",
            "Give `sample`, or a folder made by `locomo-vqa data import`.",
        )
    manifest: dict[str, Any] = read_json(path, what="the benchmark's manifest")
    validate(manifest, "benchmark", path=path, remedy=_REMEDY)
    return manifest


def read_benchmark(folder: Path) -> Benchmark:
    """Read a benchmark folder after checking every hash, shape and reference.

    Raises:
        InputError: naming the file and the place that does not fit.
    """
    manifest = read_manifest(folder)
    for name, entry in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise InputError(f"{path}: is missing.", _REMEDY)
        if sha256_file(path) != entry["sha256"]:
            raise InputError(
                f"{path}: was changed after it was written: its hash does not fit benchmark.json.",
                _REMEDY,
            )
    conversations = _read(folder, "conversations.jsonl", "conversation", _conversation)
    text = _read(folder, "text_questions.jsonl", "text_question", _text_question)
    visual = _read(folder, "visual_questions.jsonl", "visual_question", _visual_question)
    images = _read(folder, "images.jsonl", "image", _image_record)
    if revision_of(conversations, text, visual) != manifest["revision"]:
        raise InputError(f"{folder / 'benchmark.json'}: its revision does not fit.", _REMEDY)
    benchmark = Benchmark(
        name=manifest["name"],
        revision=manifest["revision"],
        folder=folder,
        conversations=conversations,
        text_questions=text,
        visual_questions=visual,
        images=images,
        _formats={r.sha256: r.format for r in images if r.sha256 and r.format},
    )
    _check_references(benchmark)
    _check_pictures(benchmark)
    return benchmark


def _read(
    folder: Path, name: str, schema: str, build: Callable[[dict[str, Any]], _T]
) -> tuple[_T, ...]:
    path = folder / name
    items = []
    for number, row in read_jsonl(path, what="the benchmark's file"):
        validate(row, schema, path=path, place=f"line {number}", remedy=_REMEDY)
        items.append(build(row))
    return tuple(items)


def _check_references(benchmark: Benchmark) -> None:
    known = {c.id: {turn.id for _, turn in c.turns()} for c in benchmark.conversations}
    ids: set[str] = set()
    questions: list[TextQuestion | VisualQuestion] = [*benchmark.text_questions]
    questions += benchmark.visual_questions
    for question in questions:
        problem = None
        if question.id in ids:
            problem = "its id is used twice"
        elif question.conversation not in known:
            problem = f"the conversation {question.conversation} is not there"
        elif isinstance(question, VisualQuestion):
            if question.turn not in known[question.conversation]:
                problem = f"the turn {question.turn} is not there"
            elif question.image not in benchmark._formats:
                problem = "its picture is not in images.jsonl"
        if problem:
            raise InputError(f"{benchmark.folder}: question {question.id}: {problem}.", _REMEDY)
        ids.add(question.id)


def _check_pictures(benchmark: Benchmark) -> None:
    """Check that the pictures are there, by their sizes; `read_image` checks what is in one."""
    for record in benchmark.images:
        if record.sha256 is None:
            continue
        path = benchmark.image_path(record.sha256)
        size = path.stat().st_size if path.is_file() else None
        if size is None or record.bytes not in (None, size):
            problem = "is missing" if size is None else "has another size than images.jsonl says"
            raise InputError(f"{path}: {problem}.", _REMEDY)


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
