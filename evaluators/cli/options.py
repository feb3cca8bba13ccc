"""Options that several of the evaluators' commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from locomo_vqa.cli.flags import with_flags

__all__ = ["file_options", "flagged", "scored_benchmark_option", "split_names"]


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for predictions files whose layout doesn't determine everything."""
    for option in (
        click.option(
            "--cutoff",
            help="Read these of several answers to each question, such as `top_50`.",
        ),
        click.option(
            "--question-key",
            help="Read questions from this key, if the format doesn't determine it.",
        ),
        click.option(
            "--prediction-key",
            help="Read answers from this key, if the format doesn't determine it; dots lead into "
            "objects, as in result.answer.",
        ),
    ):
        command = option(command)
    return command


def scored_benchmark_option(*, required: bool = True) -> Callable[[Any], Any]:
    """Return the benchmark option; a run on the sample doesn't need it."""
    default = "" if required else "  [default: the sample, for a run on it]"
    return click.option(
        "--benchmark",
        required=required,
        help=f"Use this benchmark: `sample`, a folder, or org/name on the Hub.{default}",
    )


def split_names(text: str | None) -> list[str] | None:
    """Return an option's comma-separated names, each once; None if the option isn't given."""
    if text is None:
        return None
    return list(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))


def flagged(text: str) -> str:
    """Return a message with its parameter names replaced by the running command's flags."""
    return with_flags(text, click.get_current_context().command)
