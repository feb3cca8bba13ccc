"""Why a row can't run, and what makes it run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from locomo_vqa.models.names import hide_credentials

from .choices import Choice, Choices
from .paper import PaperRow
from .settings import ReproductionSettings

__all__ = ["problem_of"]


def problem_of(
    row: PaperRow,
    models: Sequence[Choice],
    benchmark: str,
    *,
    choices: Choices,
    settings: ReproductionSettings,
) -> tuple[str, str | None] | tuple[None, None]:
    """Return why a row can't run, and the remedy in a sentence; None if it can.

    A row whose models are not given has no remedy of its own.
    """
    missing = [choice.paper for choice in models if not choice.is_given]
    if missing:
        return f"no model is given for {' and '.join(missing)}", None
    if row.teacher is not None and not models[0].can_be_taught:
        shown = hide_credentials(models[0].model)
        return (
            f"experts are trained for transformers: models, and {shown} is not one",
            f"Give one for {row.model} with `models`.",
        )
    if settings.budget is not None and _asks_beside(row, choices):
        return (
            f"`budget` can't be kept: the calls of its stages to {row.large} are not counted",
            "Leave `budget` out for this row.",
        )
    is_default = settings.benchmark is None and not choices.embedded
    if is_default and not Path(benchmark).is_dir():
        return (
            f"the benchmark folder {benchmark} is not found",
            "The first commands that `dry_run` shows make it; or name another `benchmark`.",
        )
    return None, None


def _asks_beside(row: PaperRow, choices: Choices) -> bool:
    """Return whether stages ask an endpoint beside the run's model."""
    return row.large is not None and choices.of(row.large).is_served
