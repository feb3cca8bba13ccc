"""Builds LoCoMo-VQA from LoCoMo: a loop over the stages, each of which can be run again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.arguments import check_choice, check_choices, check_number
from locomo_vqa.budget import check_budget, spent_text
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.prices import bundled_prices, read_prices
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.text import counted

from .build_folder import BuildFolder, BuildState
from .build_result import Build
from .images.settings import DOWNLOAD_OPTIONS, remembered_settings
from .recipe import BuildRecipe, load_recipe
from .spending.meter import BuildMeter, noting_step
from .stages import STAGE_NAMES, STAGES, Stage, StageContext, StageName
from .stages.asking import check_workers, spread_asking
from .stages.choices import check_out, check_plan, start_stage
from .stages.inputs import check_inputs

if TYPE_CHECKING:
    from .spreading.pool import BuildWorkers

__all__ = ["Build", "build"]


@checked
def build(
    recipe: str | Path | BuildRecipe | None = None,
    *,
    work: str | Path,
    out: str | Path | None = None,
    stages: Collection[StageName] | None = None,
    locomo: str | Path | None = None,
    generator: str | None = None,
    validator: str | None = None,
    verifier: str | None = None,
    verified: bool | None = None,
    phash_distance: int | None = None,
    limit: int | None = None,
    mirror: str | Path | None = None,
    allow_private: bool | None = None,
    download: Mapping[str, Any] | None = None,
    retry_lost: bool = False,
    push: str | None = None,
    pull_request: bool = False,
    prices: str | Path | None = None,
    budget: float | None = None,
    workers: str | None = None,
    progress: bool | ProgressCallback = True,
    after_stage: Callable[[StageName, Build], None] | None = None,
) -> Build:
    """Build the data set, or run some stages of the build, in a work folder.

    A build that was interrupted continues when the same call is made again. The folder remembers
    its recipe, its models and how images are fetched, so later calls need to name only the folder.

    Args:
        recipe: `paper`, `sample`, the path of a TOML file, or a `BuildRecipe`; None uses the one
            that the folder remembers.
        work: the work folder.
        out: the folder of the published data set; None uses the last one, or `dataset` in the work
            folder.
        stages: the stages to run, in the build's order; None runs all but `review`.
        locomo: the LoCoMo file, instead of the recipe's.
        generator: the model that writes questions, instead of the recipe's.
        validator: the model that tries to answer them, instead of the recipe's.
        verifier: the model that checks them, instead of the recipe's.
        verified: whether only agreed questions are published, instead of the recipe's choice.
        phash_distance: in how many of 64 bits similar images may differ, instead of the recipe's.
        limit: for a trial, the most images that questions are written about. Give `recipe` again
            without it for the whole build; replies are kept.
        mirror: a folder to take images from, instead of the network; docs/build.md says how its
            files are named.
        allow_private: whether private addresses and any port are allowed, for your own servers.
        download: limits on the downloads, by the names in `DOWNLOAD_OPTIONS`.
        retry_lost: whether the stage `images` tries every lost image again, not only those that no
            host answered for.
        push: `org/name`, to also push the data set to the Hugging Face Hub.
        pull_request: whether to push as a pull request.
        prices: a table of model prices, instead of the bundled one.
        budget: what the build's calls to endpoints may cost in all, in US dollars; it stops in
            order before more is spent, and a later call with a larger budget goes on.
        workers: where models are asked: `asyncio` for this process, or `ray` or `ray:ADDRESS` for
            the nodes of a Ray cluster (docs/cluster.md). The result is the same.
        progress: whether to show progress bars, or a callback.
        after_stage: called after each stage with its name and the current build.

    Raises:
        InputError: an argument is not allowed, an input can't be used, or a required stage has not
            been run, or was run with different choices.
        OutputError: `work` holds something else, another process is building in it, or a result
            can't be written.
        MissingResource: a model can't be used on this machine.
        BudgetReached: the calls cost what `budget` allows; what was done is kept.
    """
    check_budget(budget)
    chosen = _checked_stages(stages)
    where = check_workers(workers, chosen)
    if recipe is not None:
        recipe = load_recipe(recipe)
    _check_arguments(phash_distance, limit, download)
    _check_push(push, pull_request, chosen)
    folder = BuildFolder(Path(work))
    given = {
        "locomo": str(locomo) if locomo is not None else None,
        "generator": generator,
        "validator": validator,
        "verifier": verifier,
        "verified": verified,
        "phash_distance": phash_distance,
        "limit": limit,
    }
    with folder.locked():
        state = folder.state()
        plan = _recipe_to_use(folder, recipe, given)
        _check_trial(plan, push)
        check_plan(folder, state, plan, chosen)
        state = _with_options(state, mirror, allow_private, download, out)
        check_out(folder, state, plan, chosen)
        check_inputs(folder, plan, chosen, mirror=mirror)
        table = read_prices(Path(prices)) if prices is not None else bundled_prices()
        meter = BuildMeter(folder.calls, table, budget)
        meter.check_priced(plan, {stage.name for stage in chosen})
        meter.count_earlier()
        folder.remember(plan, state)
        with (
            meter,
            progress_reporter(progress, lambda: spent_text(meter.budget)) as report,
            spread_asking(where, folder, plan, meter) as asking,
        ):
            context = _stage_context(
                *(folder, plan, state, noting_step(meter, report)),
                meter=meter,
                workers=asking,
                retry_lost=retry_lost,
                push=push,
                pull_request=pull_request,
            )
            return _run_stages(chosen, context, state, after_stage)


def _run_stages(
    chosen: Collection[Stage],
    context: StageContext,
    state: BuildState,
    after_stage: Callable[[StageName, Build], None] | None,
) -> Build:
    folder = context.folder
    result = Build(folder, out=context.out)
    for stage in chosen:
        state = start_stage(folder, state, stage, context.recipe)
        published = stage.run(context)
        result = Build(folder, out=context.out, published=published or result.published)
        if after_stage is not None:
            after_stage(stage.name, result)
    return result


def _checked_stages(stages: Collection[StageName] | None) -> list[Stage]:
    if stages is None:
        return [stage for stage in STAGES if stage.name != "review"]
    check_choices("stages", stages, STAGE_NAMES)
    return [stage for stage in STAGES if stage.name in stages]


def _check_arguments(
    phash_distance: int | None,
    limit: int | None,
    download: Mapping[str, Any] | None,
) -> None:
    if phash_distance is not None:
        check_number("phash_distance", phash_distance, low=0, high=32, whole=True)
    if limit is not None:
        check_number("limit", limit, low=1, whole=True)
    for name in download or {}:
        check_choice("download", name, DOWNLOAD_OPTIONS)


def _check_push(push: str | None, pull_request: bool, chosen: Sequence[Stage]) -> None:
    if pull_request and push is None:
        raise InputError("`pull_request` needs `push`.", "Name the data set on the Hub: ORG/NAME.")
    if push is not None and all(stage.name != "publish" for stage in chosen):
        raise InputError("`push` needs the stage publish.", "Add publish to `stages`.")
    if push is not None:
        from .publishing.push import check_repository

        check_repository(push)


def _check_trial(recipe: BuildRecipe, push: str | None) -> None:
    if push is not None and recipe.limit is not None:
        raise InputError(
            f"`push`: this is a trial of {counted(recipe.limit, 'image')}.",
            "Build without a `limit` first: give the `recipe` again.",
        )


def _recipe_to_use(
    folder: BuildFolder, recipe: BuildRecipe | None, given: Mapping[str, Any]
) -> BuildRecipe:
    """Return the given or remembered recipe, changed by the other arguments."""
    base = recipe or folder.recipe()
    if base is None:
        raise InputError(
            f"{folder.path}: a new work folder needs a `recipe`.",
            "Give paper, sample, or the path of a TOML file.",
        )
    return replace(base, **{name: value for name, value in given.items() if value is not None})


def _with_options(
    state: BuildState,
    mirror: str | Path | None,
    allow_private: bool | None,
    download: Mapping[str, Any] | None,
    out: str | Path | None,
) -> BuildState:
    """Return the record with the given values in place of the remembered ones."""
    given: dict[str, Any] = {
        "mirror": str(mirror) if mirror is not None else None,
        "allow_private": allow_private,
        **(download or {}),
    }
    images = {
        **state["images"],
        **{name: value for name, value in given.items() if value is not None},
    }
    remembered_settings(images).check()
    return {**state, "images": images, "out": str(out) if out is not None else state["out"]}


def _stage_context(
    folder: BuildFolder,
    recipe: BuildRecipe,
    state: BuildState,
    report: ProgressCallback,
    *,
    meter: BuildMeter,
    workers: BuildWorkers | None,
    retry_lost: bool,
    push: str | None,
    pull_request: bool,
) -> StageContext:
    mirror = state["images"].get("mirror")
    return StageContext(
        recipe=recipe,
        folder=folder,
        progress=report,
        download=remembered_settings(state["images"]),
        mirror=Path(mirror) if mirror is not None else None,
        retry_lost=retry_lost,
        meter=meter,
        workers=workers,
        out=Path(state["out"]) if state["out"] is not None else folder.path / "dataset",
        push=push,
        pull_request=pull_request,
    )
