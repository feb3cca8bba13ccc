"""The stage `split`: conversations get their splits, which no image is in two of.

Images that several splits share are removed from all of them, or from all but one.
"""

from __future__ import annotations

from dataclasses import replace

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.benchmark.write import write_benchmark
from locomo_vqa.files import write_json

from .base import Stage, StageContext
from .content import benchmark_content
from .recipe_splits import recipe_splits

__all__ = ["SPLIT"]


def _run(context: StageContext) -> None:
    from ..images.separate import separate_splits

    folder, recipe = context.folder, context.recipe
    benchmark = load_benchmark(folder.need(folder.with_images, "images"))
    splits = recipe_splits(recipe, [each.id for each in benchmark.conversations])
    parts = separate_splits(
        [replace(each, split=splits[each.id]) for each in benchmark.conversations],
        benchmark.images,
        (),
        phash_distance=recipe.phash_distance,
        rule=recipe.shared_images,
    )
    content = benchmark_content(
        benchmark,
        conversations=parts.conversations,
        text_questions=[
            replace(each, split=splits[each.conversation]) for each in benchmark.text_questions
        ],
        images=parts.images,
    )
    write_benchmark(folder.cleared(folder.split), content)
    write_json(folder.removed, [each.to_json() for each in parts.removed])


SPLIT = Stage(
    name="split",
    needs=("images",),
    makes=("3-split", "removed.json"),
    choices=(
        "phash_distance",
        "split_counts",
        "split_train",
        "split_validation",
        "split_test",
        "shared_images",
    ),
    run=_run,
)
