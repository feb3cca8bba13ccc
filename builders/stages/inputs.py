"""Checks the inputs of the chosen stages before the first of them runs."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.names import HIDDEN, parse_name
from locomo_vqa.models.opening import check_model

from ..build_folder import BuildFolder
from ..recipe import BuildRecipe
from . import STAGES, Stage
from .base import ASKED_BY

__all__ = ["check_inputs"]


def check_inputs(
    folder: BuildFolder,
    recipe: BuildRecipe,
    chosen: Collection[Stage],
    *,
    mirror: str | Path | None,
) -> None:
    """Check that the chosen stages have what they need: earlier results, files and models.

    Raises:
        InputError: a required stage has not been run, the LoCoMo file or the mirror is not found,
            or a model's name is wrong.
        MissingResource: a model that will be asked needs something that is not on this machine.
    """
    names = {stage.name for stage in chosen}
    _check_needed(folder, chosen)
    if "ingest" in names and recipe.locomo != "sample" and not folder.ingested.exists():
        _check_exists(recipe.locomo)
    if mirror is not None and not Path(mirror).is_dir():
        raise InputError(f"{mirror}: `mirror` is not a folder.", "Check the path.")
    for parameter, stages in ASKED_BY.items():
        if (spec := getattr(recipe, parameter)) is not None:
            _check_model(spec, parameter, asked=bool(stages & names))


def _check_needed(folder: BuildFolder, chosen: Collection[Stage]) -> None:
    """Check that every stage's needs are met by earlier results or by other chosen stages."""
    by_name = {stage.name: stage for stage in STAGES}
    names = {stage.name for stage in chosen}
    for stage in chosen:
        for needed in stage.needs:
            if needed not in names:
                folder.need(folder.path / by_name[needed].makes[0], needed)


def _check_exists(locomo: str) -> None:
    if not Path(locomo).exists():
        raise InputError(f"`locomo` {locomo}: not found.", "Check the path.")


def _check_model(spec: str, parameter: str, *, asked: bool) -> None:
    """Check a model's name, and what it needs on this machine if it will be asked."""
    if asked:
        check_model(spec, parameter=parameter)
        return
    name = parse_name(spec, parameter=parameter)
    if name.scheme == "embedded":
        check_model(spec, parameter=parameter)
    if name.scheme == "openai" and HIDDEN not in spec:
        parse_endpoint(spec, timeout_s=120.0, parameter=parameter)
