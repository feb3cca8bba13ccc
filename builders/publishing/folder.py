"""Writes a folder that is both a benchmark folder and a Hugging Face data set."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, Split
from locomo_vqa.benchmark.read import read_benchmark, read_manifest
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import new_folder, sha256_file, some, write_text
from locomo_vqa.unfinished import unfinished

from .card import dataset_card
from .eval_yaml import eval_yaml
from .facts import PublishFacts
from .parquet import SHARD_BYTES, write_parquet
from .tables import tables_of

__all__ = ["image_files_of", "is_published", "is_published_folder", "publish_dataset"]


_WHAT = "the published data set"
_REMEDY = "Choose another `out`, or remove it first."


def publish_dataset(
    benchmark: Benchmark, out: Path, facts: PublishFacts, *, shard_bytes: int = SHARD_BYTES
) -> Path:
    """Write the published folder, completely or not at all, and return it.

    `load_benchmark(out)` reads it, and so does `datasets.load_dataset(str(out), configuration)`
    with the configurations `visual`, `text` and `conversations`. The same benchmark and facts
    give the same bytes; if `out` already has exactly these, such as after a run that was killed at
    the very end, it is left unchanged.

    Raises:
        InputError: an image is missing or was changed, splits share an image, or the benchmark's
            folder was changed since it was loaded.
        OutputError: `out` exists with other content, or can't be written.
    """
    _check_splits(benchmark)
    if not is_published(out, benchmark):
        with new_folder(out, what=_WHAT, remedy=_REMEDY) as folder:
            _write_content(folder, benchmark, facts, shard_bytes)
        return out
    with unfinished(out, kind="folder") as compared:
        _write_content(compared, benchmark, facts, shard_bytes)
        if _file_hashes(compared) != _file_hashes(out):
            raise OutputError(f"{out}: {_WHAT} can't be created here: it already exists.", _REMEDY)
    return out


def is_published_folder(out: Path) -> bool:
    """Return whether a folder looks like a published data set."""
    return (out / "eval.yaml").is_file()


def is_published(out: Path, benchmark: Benchmark) -> bool:
    """Return whether a folder is a published data set of the benchmark's revision."""
    try:
        return is_published_folder(out) and read_benchmark(out).revision == benchmark.revision
    except InputError:
        return False


def _write_content(
    folder: Path, benchmark: Benchmark, facts: PublishFacts, shard_bytes: int
) -> None:
    manifest = read_manifest(benchmark.folder)
    for name in ("benchmark.json", *manifest["files"]):
        shutil.copyfile(benchmark.folder / name, folder / name)
    _copy_images(benchmark, folder / "images")
    if read_benchmark(folder).revision != benchmark.revision:
        raise InputError(
            f"{benchmark.folder}: was changed since it was loaded.", "Run the command again."
        )
    reviewed = facts.review.published if facts.review else {}
    tables = tables_of(benchmark, facts.quality or {}, reviewed, folder / "images")
    layout = write_parquet(folder, tables, shard_bytes=shard_bytes)
    write_text(folder / "README.md", dataset_card(benchmark, manifest, facts, layout))
    write_text(folder / "eval.yaml", eval_yaml(benchmark, layout))


def _file_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}


def image_files_of(benchmark: Benchmark) -> dict[str, str]:
    """Return the published images' names below `images/`, by their SHA-256."""
    kept = {record.sha256 for record in benchmark.images if record.sha256 and record.state == "ok"}
    kept |= {question.image for question in benchmark.visual_questions}
    return {sha256: benchmark.image_path(sha256).name for sha256 in sorted(kept)}


def _copy_images(benchmark: Benchmark, folder: Path) -> None:
    folder.mkdir()
    for sha256, name in image_files_of(benchmark).items():
        source = benchmark.image_path(sha256)
        target = folder / name
        try:
            shutil.copyfile(source, target)
        except FileNotFoundError:
            raise InputError(
                f"{source}: the image is missing.",
                "Restore it, or build the benchmark folder again.",
            ) from None
        if sha256_file(target) != sha256:
            raise InputError(
                f"{source}: the image was changed: its hash differs from its name.",
                "Restore it, or build the benchmark folder again.",
            )


def _check_splits(benchmark: Benchmark) -> None:
    """Check that no two splits show or ask about the same image: a system could have learned it."""
    first: dict[str, Split] = {}
    shared = {
        sha256
        for sha256, split in _shown_images(benchmark)
        if first.setdefault(sha256, split) != split
    }
    if shared:
        raise InputError(
            f"{benchmark.folder}: images occur in several splits: {some(sorted(shared))}.",
            "Remove them first, as the build's stage split does.",
        )


def _shown_images(benchmark: Benchmark) -> Iterator[tuple[str, Split]]:
    for conversation in benchmark.conversations:
        for _, turn in conversation.turns():
            for image in turn.images:
                if image.sha256 is not None and image.state == "ok":
                    yield image.sha256, conversation.split
    for question in benchmark.visual_questions:
        yield question.image, question.split
