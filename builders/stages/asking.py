"""Decides where the chosen stages ask their models."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from locomo_vqa.errors import InputError
from locomo_vqa.workers import Workers, parse_workers

from ..build_folder import BuildFolder
from ..recipe import BuildRecipe
from ..spending.meter import BuildMeter
from .base import ASKED_BY, Stage

if TYPE_CHECKING:
    from ..spreading.pool import BuildWorkers

__all__ = ["check_workers", "spread_asking"]

_ASKING = sorted(frozenset[str]().union(*ASKED_BY.values()), reverse=True)
"""The stages that ask models."""


def check_workers(workers: str | None, chosen: Collection[Stage]) -> Workers:
    """Return where models are asked.

    Raises:
        InputError: `workers` has another form, or names a cluster though no stage asks a model.
        MissingResource: it names Ray, which is not installed.
    """
    where = parse_workers(workers)
    if where.ray and not any(stage.name in _ASKING for stage in chosen):
        raise InputError(
            f"`workers`: {where} asks models, which the stages {' and '.join(_ASKING)} do.",
            "Leave it out, or run one of these stages.",
        )
    return where


@contextmanager
def spread_asking(
    where: Workers, folder: BuildFolder, recipe: BuildRecipe, meter: BuildMeter
) -> Iterator[BuildWorkers | None]:
    """Start the workers of a cluster until the block ends; yield None for this process."""
    if not where.ray:
        yield None
        return
    from ..spreading.pool import build_workers

    specs = [spec for role in ASKED_BY if (spec := getattr(recipe, role)) is not None]
    with build_workers(where, folder, meter, specs) as asking:
        yield asking
