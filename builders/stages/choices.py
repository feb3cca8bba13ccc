"""Keeps results of different choices from being mixed.

`build.json` records for every stage the choices that its result depends on, including those of the
stages before it. A stage is refused if one that it needs was run with different choices; a stage
that is run again with different choices loses its old result first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.models.names import HIDDEN, hide_credentials
from locomo_vqa.unfinished import discard

from ..build_folder import BuildFolder, BuildState
from ..publishing.folder import is_published_folder
from ..recipe import BuildRecipe
from . import STAGES, Stage, StageName, choices_of
from .base import ASKED_BY

__all__ = ["check_out", "check_plan", "start_stage"]

_PARAMETERS = (
    *("locomo", "generator", "validator", "verifier", "phash_distance", "limit", "verified"),
)
"""The choices that a call can change without changing the recipe."""


def check_plan(
    folder: BuildFolder, state: BuildState, recipe: BuildRecipe, chosen: Collection[Stage]
) -> None:
    """Check that a folder's earlier results allow the chosen stages to be run with a recipe.

    Raises:
        OutputError: the stages that import the LoCoMo file were run with different choices.
        InputError: another required stage was run with different choices, or a model's key must be
            given again.
    """
    for stage in STAGES:
        if stage.lasting and (changed := _changed_choices(folder, state, recipe, stage)):
            raise OutputError(
                f"{folder.path}: was built with {_difference(changed, recipe)}.",
                f"Choose another `work`, or give {_as_before(changed)}.",
            )
    names = {stage.name for stage in chosen}
    needed = {name for stage in chosen for name in _ancestors(stage)} - names
    stale = {
        stage.name: changed
        for stage in STAGES
        if stage.name in needed and (changed := _changed_choices(folder, state, recipe, stage))
    }
    if stale:
        changed = next(iter(stale.values()))
        listed = " and ".join(stale)
        raise InputError(
            f"{folder.path}: the {'stages' if len(stale) > 1 else 'stage'} {listed} "
            f"{'were' if len(stale) > 1 else 'was'} run with {_difference(changed, recipe)}.",
            f"Run {listed} again first (replies that are already stored are not paid for again), "
            f"or give {_as_before(changed)}.",
        )
    _check_credentials(recipe, names)


def check_out(
    folder: BuildFolder, state: BuildState, recipe: BuildRecipe, chosen: Collection[Stage]
) -> None:
    """Check that the data set can be published to its destination, before any model is asked.

    Raises:
        OutputError: the folder has other content, or a data set made with different choices.
    """
    publish = next((stage for stage in chosen if stage.name == "publish"), None)
    out = folder.path / "dataset" if state["out"] is None else Path(state["out"])
    if publish is None or not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not is_published_folder(out):
        problem = "already exists and is not a published data set"
    elif changed := _changed_choices(folder, state, recipe, publish):
        differing = _difference(changed, recipe)
        problem = f"already exists, and the last data set of this build was made with {differing}"
    else:
        return
    raise OutputError(f"{out}: {problem}.", "Choose another `out`, or remove it first.")


def start_stage(
    folder: BuildFolder, state: BuildState, stage: Stage, recipe: BuildRecipe
) -> BuildState:
    """Record the choices of a stage before it runs, and return the new record."""
    choices = choices_of(stage.name, STAGES, recipe)
    known = state["stages"].get(stage.name)
    if known is not None and _with_defaults(known, choices) == choices:
        return state
    if known is not None and not stage.lasting and stage.name != "review":
        for name in stage.makes:
            discard(folder.path / name)
    state = {**state, "stages": {**state["stages"], stage.name: choices}}
    folder.remember(recipe, state)
    return state


def _ancestors(stage: Stage) -> set[StageName]:
    """Return the stages that a stage builds on."""
    needed = set(stage.needs)
    for other in STAGES:
        if other.name in stage.needs:
            needed |= _ancestors(other)
    return needed


def _changed_choices(
    folder: BuildFolder, state: BuildState, recipe: BuildRecipe, stage: Stage
) -> Mapping[str, Any]:
    """Return the choices of a stage's result that differ from the recipe's."""
    known = state["stages"].get(stage.name)
    if known is None or not (folder.path / stage.makes[0]).exists():
        return {}
    now = choices_of(stage.name, STAGES, recipe)
    before = _with_defaults(known, now)
    return {name: before.get(name) for name in now if before.get(name) != now[name]}


def _with_defaults(known: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return recorded choices with the defaults of those that the version that made them lacked."""
    missing = {each.name: each.default for each in fields(BuildRecipe) if each.name in now}
    return {
        **{
            name: list(default) if isinstance(default, tuple) else default
            for name, default in missing.items()
            if default is not MISSING
        },
        **known,
    }


def _difference(changed: Mapping[str, Any], recipe: BuildRecipe) -> str:
    return " and ".join(
        f"`{name}` {_shown_value(was)}, not {_shown_value(getattr(recipe, name))}"
        for name, was in changed.items()
    )


def _as_before(changed: Mapping[str, Any]) -> str:
    """Return the arguments for continuing with the choices of the earlier result."""
    if changed.get("limit", 0) is None:
        return "the `recipe` again, which lifts the limit"
    given = [f"`{name}` {_shown_value(changed[name])}" for name in changed if name in _PARAMETERS]
    if len(given) == len(changed):
        return f"{' and '.join(given)} to continue as before"
    return "the earlier `recipe` to continue as before"


def _shown_value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "none"
    return hide_credentials(str(value))


def _check_credentials(recipe: BuildRecipe, names: Collection[StageName]) -> None:
    for parameter, stages in ASKED_BY.items():
        if stages & set(names) and HIDDEN in (getattr(recipe, parameter) or ""):
            raise InputError(
                f"`{parameter}` was given with credentials, which a work folder does not keep.",
                f"Give `{parameter}` again, or keep the credentials in the environment.",
            )
