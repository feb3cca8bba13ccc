"""The options of L, for every command that scores."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click

from ..metrics.l_settings import LSettings, Preset

__all__ = ["l_options"]


def l_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of L to a command, which gets them as `l_settings`."""

    @functools.wraps(command)
    def collected(
        *,
        l_preset: Preset,
        l_models: Path | None,
        threads: int,
        no_cache: bool,
        **options: Any,
    ) -> Any:
        settings = LSettings(preset=l_preset, models=l_models, threads=threads, cache=not no_cache)
        return command(l_settings=settings, **options)

    for option in reversed(_OPTIONS):
        collected = option(collected)
    return collected


_OPTIONS = (
    click.option(
        "--l-preset",
        type=click.Choice(get_args(Preset)),
        default="paper",
        show_default=True,
        help="BERTScore's encoder in L: roberta-large, or all-MiniLM-L6-v2 (another scale).",
    ),
    click.option(
        "--l-models",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        envvar="LOCOMO_VQA_L_MODELS",
        help="The folder with L's encoders.  [default: the cache of Hugging Face's client]",
    ),
    click.option(
        "--threads",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Threads of L's encoders.",
    ),
    click.option("--no-cache", is_flag=True, help="Compute L anew, and keep none of its values."),
)
