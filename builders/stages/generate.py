"""The stage `generate`: questions of the chosen types about every image, with quality columns."""

from __future__ import annotations

from collections.abc import Sequence

from locomo_vqa.async_calls import run_async
from locomo_vqa.benchmark import Benchmark, QuestionType, load_benchmark

from ..questions.quality import check_quality
from ..questions.rows import QuestionRow, write_questions
from ..questions.writing import chosen_for_trial, image_places, write_in_order
from .base import Stage, StageContext
from .models import open_build_model
from .verifying import verified_rows

__all__ = ["GENERATE"]


def _run(context: StageContext) -> None:
    folder = context.folder
    benchmark = load_benchmark(folder.need(folder.split, "split"))
    types = folder.read(folder.selection, "select")["types"]
    write_questions(folder.questions, run_async(_generate(context, benchmark, types)))


async def _generate(
    context: StageContext, benchmark: Benchmark, types: Sequence[QuestionType]
) -> list[QuestionRow]:
    recipe = context.recipe
    places = list(image_places(benchmark))
    if recipe.limit is not None:
        places = chosen_for_trial(places, recipe.limit)
    async with open_build_model(
        context.folder,
        recipe.generator,
        parameter="generator",
        meter=context.meter,
        stage="generate",
        workers=context.workers,
    ) as generator:
        rows = await write_in_order(
            generator,
            benchmark,
            places,
            types,
            attempts=recipe.attempts,
            progress=lambda done, total: context.progress("generate: writing", done, total),
        )
        if recipe.check_quality:
            rows = await check_quality(
                generator,
                benchmark,
                rows,
                progress=lambda done, total: context.progress("generate: checking", done, total),
            )
    return await verified_rows(context, benchmark, rows, stage="generate")


GENERATE = Stage(
    name="generate",
    needs=("split", "select"),
    makes=("questions.jsonl",),
    choices=("check_quality",),
    run=_run,
)
