"""Fetches a benchmark's images: reads a benchmark folder and writes a new one with its images."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.arguments import check_number
from locomo_vqa.async_calls import run_async
from locomo_vqa.benchmark import Benchmark, ImageRecord
from locomo_vqa.benchmark.locate import find_folder
from locomo_vqa.benchmark.read import read_benchmark, read_manifest, read_report
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.progress import ProgressCallback, progress_reporter

from .download import DownloadSettings
from .duplicates import PHASH_DISTANCE
from .losses import Losses, count_losses, read_losses, write_losses
from .mirror import ImageMirror
from .placeholders import mark_placeholders
from .separate import SeparatedSplits, separate_splits, with_records
from .sources import ImageSources
from .store import ImageStore

__all__ = ["FetchedImages", "fetch_images"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedImages:
    """What `fetch_images` made."""

    folder: Path
    """The new benchmark folder, with `losses.json` in it."""
    revision: str
    """See `Benchmark.revision`."""
    losses: Losses
    """What happened to every URL."""


def fetch_images(
    source: str | Path,
    *,
    out: str | Path,
    settings: DownloadSettings | None = None,
    mirror: str | Path | None = None,
    phash_distance: int | None = PHASH_DISTANCE,
    progress: bool | ProgressCallback = True,
) -> FetchedImages:
    """Write a copy of a benchmark with its images, without those that several splits share.

    Images that the source already has are taken from it, and every other URL is tried, so the
    result can be the source of another attempt. Interrupted work continues where it stopped, in the
    folder `<out>.unfinished`.

    Args:
        source: a benchmark folder, `sample`, or `org/name` on the Hub.
        out: the benchmark folder to make.
        settings: the limits on downloads.
        mirror: a folder to take images from, instead of the network.
        phash_distance: images of several splits count as the same if at most this many of the 64
            bits of their perceptual hashes differ; None keeps images that several splits share.
        progress: whether to show a progress bar, or a callback.

    Raises:
        InputError: the source or the mirror can't be used, or a setting is out of bounds.
        OutputError: `out` already exists, or the disk is full or can't be written.
    """
    settings, out = settings or DownloadSettings(), Path(out)
    settings.check()
    if phash_distance is not None:
        check_number("phash_distance", phash_distance, low=0, high=32, whole=True)
    benchmark = read_benchmark(find_folder(str(source)), images_apart=False)
    work = out.with_name(f"{out.name}.unfinished")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        return _finish_killed(benchmark, out, work)
    files = ImageMirror(Path(mirror)) if mirror else None
    deciding = {**settings.deciding(), "mirror": files is not None}
    with (
        progress_reporter(progress) as report,
        ImageStore(work, deciding) as store,
    ):
        sources = ImageSources(
            benchmark, store, settings, files, lambda done, total: report("images", done, total)
        )
        records = mark_placeholders(benchmark.conversations, run_async(sources.records()))
        parts = _separate_splits(benchmark, records, phash_distance)
        fetched = _write(benchmark, parts, sources.files(parts.images), store.folder, out)
    shutil.rmtree(work, ignore_errors=True)
    return fetched


def _finish_killed(benchmark: Benchmark, out: Path, work: Path) -> FetchedImages:
    """Return what an earlier call made that was killed when only its work folder was left.

    Raises:
        OutputError: `out` has another origin, or another process is at work.
    """
    taken = OutputError(
        f"{out}: the benchmark folder can't be created here: it already exists.",
        "Choose another `out`, or remove it first.",
    )
    if not work.is_dir() or (work / "benchmark").exists():
        raise taken
    try:
        manifest, losses = read_manifest(out), read_losses(out / "losses.json")
    except InputError:
        raise taken from None
    if manifest["sources"][-1:] != [_as_source(benchmark)]:
        raise taken
    ImageStore(work, {}).close()  # No other process holds it.
    shutil.rmtree(work, ignore_errors=True)
    return FetchedImages(folder=out, revision=manifest["revision"], losses=losses)


def _as_source(benchmark: Benchmark) -> dict[str, str]:
    """Return what the new folder says of the benchmark that it was made from."""
    return {"name": "benchmark.json (its revision)", "sha256": benchmark.revision}


def _separate_splits(
    benchmark: Benchmark, records: Sequence[ImageRecord], phash_distance: int | None
) -> SeparatedSplits:
    conversations = with_records(benchmark.conversations, records)
    available = {record.sha256 for record in records if record.state == "ok"}
    questions = tuple(q for q in benchmark.visual_questions if q.image in available)
    if phash_distance is not None:
        return separate_splits(conversations, records, questions, phash_distance=phash_distance)
    return SeparatedSplits(
        conversations=conversations,
        images=tuple(records),
        visual_questions=questions,
        removed=(),
    )


def _write(
    benchmark: Benchmark,
    parts: SeparatedSplits,
    image_files: Mapping[str, Path],
    work: Path,
    out: Path,
) -> FetchedImages:
    """Write the whole folder, with its losses, in the work folder, then move it into place."""
    losses = count_losses(
        parts.images,
        parts.removed,
        visual_questions_removed=len(benchmark.visual_questions) - len(parts.visual_questions),
    )
    manifest = read_manifest(benchmark.folder)
    made = work / "benchmark"
    shutil.rmtree(made, ignore_errors=True)
    revision = write_benchmark(
        made,
        BenchmarkContent(
            name=benchmark.name,
            license=manifest["license"],
            sources=[*manifest["sources"], _as_source(benchmark)],
            conversations=parts.conversations,
            text_questions=benchmark.text_questions,
            visual_questions=parts.visual_questions,
            images=parts.images,
            image_files=image_files,
            report=read_report(benchmark.folder),
        ),
    )
    write_losses(made / "losses.json", losses)
    try:
        made.replace(out)
    except OSError as error:
        raise OutputError(
            f"{out}: can't be written ({error.strerror or error}).",
            "Choose a writable folder with enough free space.",
        ) from None
    return FetchedImages(folder=out, revision=revision, losses=losses)
