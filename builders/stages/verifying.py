"""Has the verifier check questions, in the stages that write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from locomo_vqa.benchmark import Benchmark

from ..questions.rows import QuestionRow
from ..questions.verification import verify_questions
from ..recipe import BuildRecipe
from .base import StageContext
from .models import check_build_model, open_build_model

__all__ = ["check_verifier", "verified_rows"]


async def check_verifier(context: StageContext) -> None:
    """Check the verifier before anything is paid for, if the recipe names one.

    Raises:
        MissingResource: it does not answer, or does not see.
    """
    recipe = context.recipe
    if recipe.verify_checks and recipe.verifier is not None:
        await check_build_model(
            *(context.folder, recipe.verifier),
            parameter="verifier",
            meter=context.meter,
            workers=context.workers,
        )


async def verified_rows(
    context: StageContext,
    benchmark: Benchmark,
    rows: Sequence[QuestionRow],
    *,
    stage: Literal["probe", "generate"],
) -> list[QuestionRow]:
    """Return the rows with the columns of the recipe's checks."""
    recipe = context.recipe
    if not recipe.verify_checks:
        return list(rows)
    spec, parameter = _verifier_of(recipe)
    async with open_build_model(
        *(context.folder, spec),
        parameter=parameter,
        meter=context.meter,
        stage=stage,
        workers=context.workers,
    ) as verifier:
        return await verify_questions(
            verifier,
            benchmark,
            rows,
            recipe.verify_checks,
            needed=recipe.verify_needed,
            progress=lambda done, total: context.progress(f"{stage}: verifying", done, total),
        )


def _verifier_of(recipe: BuildRecipe) -> tuple[str, str]:
    """Return the verifier's name, and the parameter that named it."""
    if recipe.verifier is None:
        return recipe.generator, "generator"
    return recipe.verifier, "verifier"
