"""Prints what a build will cost."""

from __future__ import annotations

from typing import Any

from locomo_vqa.budget import dollars
from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.text import duration

from .running import build_arguments

__all__ = ["print_estimate"]

_LATER = ("strict", "out", "push", "pull_request")
"""Options of what follows the estimate."""


def print_estimate(sample_images: int, options: dict[str, Any]) -> int:
    """Ask about some images, and print the estimate of the whole build."""
    from ..estimating import estimate_build

    given = {name: value for name, value in options.items() if name not in _LATER}
    estimate = estimate_build(sample_images=sample_images, **build_arguments(given))
    table = make_table("Estimate", "Calls", "Tokens in", "Tokens out", "$")
    for row in estimate.table():
        table.add_row(*row)
    console().print(table)
    took = "" if estimate.seconds is None else f", about {duration(estimate.seconds)} of models"
    echo(f"{estimate.work}: {estimate.cost_text}{took}.")
    for note in estimate.notes:
        echo(note)
    if estimate.spent:
        echo(f"So far {dollars(estimate.spent)} was spent; the build pays for none of it again.")
    echo("Next: the same command without --estimate")
    return 0
