"""Options that several commands of this wing share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from locomo_vqa.cli.flags import with_flags

__all__ = ["flagged", "prediction_key_option", "scored_benchmark_option", "split_names"]

prediction_key_option = click.option(
    "--prediction-key", help="Read answers from this key, where a file leaves it open."
)


def scored_benchmark_option(*, required: bool = True) -> Callable[[Any], Any]:
    """Return the option for the benchmark; a run on the sample doesn't require it."""
    default = "" if required else "  [default: the sample, for a run on it]"
    return click.option(
        "--benchmark",
        required=required,
        help=f"Use this benchmark: `sample`, a folder, or org/name on the Hub.{default}",
    )


def split_names(text: str | None) -> list[str] | None:
    """Return the names that an option lists with commas, each once; None if it isn't given."""
    if text is None:
        return None
    return list(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))


def flagged(text: str) -> str:
    """Return a sentence of the library with the running command's flags for parameter names."""
    return with_flags(text, click.get_current_context().command)
