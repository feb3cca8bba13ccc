"""Trains the candidates of each stage: an adapter for every settings of the search space.

Source: MemLoRA (arXiv 2512.04763, algorithm B1, inner loop).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.models.names import ModelName
from locomo_vqa.progress import ProgressCallback

from ..lora_fit import fit_lora
from ..lora_settings import LoraSettings
from .curves import plot_curves
from .samples import Stage, read_samples
from .space import candidate_name

__all__ = ["CANDIDATES", "train_candidates"]

CANDIDATES = "candidates"
"""The folder of all candidates, in that of the distillation."""


def train_candidates(
    base: ModelName,
    space: Mapping[Stage, Sequence[LoraSettings]],
    stages: Sequence[Stage],
    out: Path,
    *,
    progress: ProgressCallback,
) -> dict[Stage, dict[str, dict[str, Any]]]:
    """Train the candidates of the stages; return their training records by stage and name.

    A finished candidate is not trained again, and one that was interrupted continues.

    Raises:
        InputError: a stage has no data, or its examples are too long.
        MissingResource: the packages or the base model's weights are not on this machine.
        OutputError: a folder has another adapter, or can't be written.
    """
    found: dict[Stage, dict[str, dict[str, Any]]] = {}
    for stage in stages:
        examples = read_samples(out / "data", stage, "train")
        validation = read_samples(out / "data", stage, "validation")
        folder = out / CANDIDATES / stage
        folder.mkdir(parents=True, exist_ok=True)
        found[stage] = {}
        for number, settings in enumerate(space[stage], 1):
            place = f"{stage} {number}/{len(space[stage])}"
            name = candidate_name(settings)
            found[stage][name] = fit_lora(
                base,
                examples,
                validation,
                settings,
                folder / name,
                progress=_named(progress, place),
            )
        plot_curves(found[stage], folder / "curves.svg", title=stage)
    return found


def _named(progress: ProgressCallback, place: str) -> ProgressCallback:
    """Return a callback that says which candidate is trained."""
    return lambda what, done, total: progress(f"{place} {what}", done, total)
