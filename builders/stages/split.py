"""The stage `split`: images that several splits share are removed from all of them."""

from __future__ import annotations

from dataclasses import asdict

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.benchmark.write import write_benchmark
from locomo_vqa.files import write_json

from .base import Stage, StageContext
from .content import benchmark_content

__all__ = ["SPLIT"]


def _run(context: StageContext) -> None:
    from ..images.separate import separate_splits

    folder = context.folder
    benchmark = load_benchmark(folder.need(folder.with_images, "images"))
    parts = separate_splits(
        benchmark.conversations,
        benchmark.images,
        (),
        phash_distance=context.recipe.phash_distance,
    )
    content = benchmark_content(benchmark, conversations=parts.conversations, images=parts.images)
    write_benchmark(folder.cleared(folder.split), content)
    write_json(folder.removed, [asdict(each) for each in parts.removed])


SPLIT = Stage(
    name="split",
    needs=("images",),
    makes=("3-split", "removed.json"),
    choices=("phash_distance",),
    run=_run,
)
