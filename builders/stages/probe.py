"""The stage `probe`: questions of every candidate type are written and tried on some images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from locomo_vqa.async_calls import run_async
from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import write_jsonl
from locomo_vqa.text import counted

from ..questions.answering import Trial, answer_all
from ..questions.rows import QuestionRow
from ..questions.writing import ImagePlace, chosen_for_trial, image_places, write_in_order
from .base import Stage, StageContext
from .models import check_build_model, open_build_model
from .verifying import check_verifier, verified_rows

__all__ = ["PROBE"]

_NOT_TRIED: Mapping[str, Any] = {
    "validator_answer": None,
    "correct": None,
    "validator_error": None,
}


def _run(context: StageContext) -> None:
    folder = context.folder
    benchmark = load_benchmark(folder.need(folder.split, "split"))
    places = _chosen_places(context, benchmark)
    rows, results = run_async(_probe(context, benchmark, places))
    write_jsonl(folder.probe, [{**asdict(row), **results.get(row.id, _NOT_TRIED)} for row in rows])


def _chosen_places(context: StageContext, benchmark: Benchmark) -> list[ImagePlace]:
    """Return the images of the probe: those of its split with the lowest hashes."""
    split = context.recipe.probe_split
    every = list(image_places(benchmark))
    places = [place for place in every if place.split == split]
    if not every:
        raise InputError(
            f"{context.folder.path}: no image was fetched.",
            f"{context.folder.losses} says why. Give a `mirror` with the images, or try again with "
            "`retry_lost` (the stage images).",
        )
    if not places:
        raise InputError(
            f"{benchmark.folder}: the split {split} has no image, though others have "
            f"{counted(len(every), 'image')}.",
            "Name another split under [probe] in the recipe, or fetch more images (the stage "
            "images).",
        )
    recipe = context.recipe
    most = recipe.probe_images if recipe.limit is None else min(recipe.probe_images, recipe.limit)
    return chosen_for_trial(places, most)


async def _probe(
    context: StageContext, benchmark: Benchmark, places: Sequence[ImagePlace]
) -> tuple[list[QuestionRow], Mapping[str, Mapping[str, Any]]]:
    recipe, folder = context.recipe, context.folder
    meter, workers = context.meter, context.workers
    await check_build_model(
        folder, recipe.validator, parameter="validator", meter=meter, workers=workers
    )
    await check_verifier(context)
    async with open_build_model(
        *(folder, recipe.generator),
        parameter="generator",
        meter=meter,
        stage="probe",
        workers=workers,
    ) as generator:
        rows = await write_in_order(
            generator,
            benchmark,
            places,
            recipe.probe_types,
            attempts=recipe.attempts,
            progress=lambda done, total: context.progress("probe: writing", done, total),
        )
    trials = [Trial(row=row, shown="image") for row in rows if row.state == "ok"]
    results: dict[str, Mapping[str, Any]] = {}
    async with open_build_model(
        *(folder, recipe.validator),
        parameter="validator",
        meter=meter,
        stage="probe",
        workers=workers,
    ) as validator:
        async for result in answer_all(validator, benchmark, trials):
            results[result.trial.row.id] = {
                "validator_answer": result.answer,
                "correct": result.correct,
                "validator_error": result.error,
            }
            context.progress("probe: trying", len(results), len(trials))
    return await verified_rows(context, benchmark, rows, stage="probe"), results


PROBE = Stage(
    name="probe",
    needs=("split",),
    makes=("probe.jsonl",),
    choices=(
        "generator",
        "validator",
        "verifier",
        "verify_checks",
        "verify_needed",
        "probe_split",
        "probe_images",
        "probe_types",
        "attempts",
        "limit",
    ),
    run=_run,
)
