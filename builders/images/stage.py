"""The stage `images`: a benchmark folder in, a new one with its pictures out."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, ImageRecord
from locomo_vqa.benchmark.locate import find_folder
from locomo_vqa.benchmark.read import read_benchmark, read_manifest, read_report
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark
from locomo_vqa.errors import OutputError

from .collect import Collector, Progress
from .duplicates import PHASH_DISTANCE
from .fetching import Settings
from .losses import Losses, count_losses, write_losses
from .mirror import Mirror
from .separate import Separated, separate_splits, with_records
from .store import PictureStore

__all__ = ["Filled", "fill_pictures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What `fill_pictures` made."""

    folder: Path
    """The new benchmark folder; `losses.json` lies in it."""
    revision: str
    """See `Benchmark.revision`."""
    losses: Losses
    """What became of every URL."""


def fill_pictures(
    source: str | Path,
    out: Path,
    *,
    settings: Settings | None = None,
    mirror: Path | None = None,
    look_distance: int | None = PHASH_DISTANCE,
    progress: Progress = lambda done, total: None,
) -> Filled:
    """Write a copy of a benchmark whose pictures are fetched, and leave out what splits share.

    Pictures that the source has already are taken from it; every other URL is tried, so that the
    stage can be run on its own result. Work that is interrupted goes on where it was, in the
    folder `<out>.unfinished`. With `mirror` the network is not used. With `look_distance` None,
    pictures that several splits share stay.

    Raises:
        InputError: the source or the mirror can't be used.
        OutputError: `out` is there already, or the disk takes no more.
    """
    settings = settings or Settings()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(
            f"{out}: the benchmark folder can't be made here: it exists already.",
            "Choose another --out, or remove it first.",
        )
    benchmark = read_benchmark(find_folder(str(source)))
    files = Mirror(mirror) if mirror else None
    decides = {**settings.deciding(), "mirror": files is not None}
    with PictureStore(out.with_name(f"{out.name}.unfinished"), decides) as store:
        collector = Collector(benchmark, store, settings, files, progress)
        records = asyncio.run(collector.records())
        parts = _separate(benchmark, records, look_distance)
        filled = _write(benchmark, parts, collector.pictures(parts.images), store.folder, out)
    shutil.rmtree(store.folder, ignore_errors=True)
    return filled


def _separate(
    benchmark: Benchmark, records: Sequence[ImageRecord], look_distance: int | None
) -> Separated:
    conversations = with_records(benchmark.conversations, records)
    there = {record.sha256 for record in records if record.state == "ok"}
    questions = tuple(q for q in benchmark.visual_questions if q.image in there)
    if look_distance is not None:
        return separate_splits(conversations, records, questions, look_distance=look_distance)
    return Separated(
        conversations=conversations,
        images=tuple(records),
        visual_questions=questions,
        removed=(),
    )


def _write(
    benchmark: Benchmark, parts: Separated, pictures: Mapping[str, Path], work: Path, out: Path
) -> Filled:
    """Write the folder in the work folder, whole with its losses, and move it to its place."""
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
            sources=[
                *manifest["sources"],
                {"name": "benchmark.json (its revision)", "sha256": benchmark.revision},
            ],
            conversations=parts.conversations,
            text_questions=benchmark.text_questions,
            visual_questions=parts.visual_questions,
            images=parts.images,
            image_files=pictures,
            report=read_report(benchmark.folder),
        ),
    )
    write_losses(made / "losses.json", losses)
    try:
        made.replace(out)
    except OSError as error:
        raise OutputError(
            f"{out}: can't be written ({error.strerror or error}).",
            "Choose a folder that you may write to and that has room.",
        ) from None
    return Filled(folder=out, revision=revision, losses=losses)
