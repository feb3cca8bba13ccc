"""The options of L, for every command that scores."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, get_args

import click

from locomo_vqa.cli_support import PathType
from locomo_vqa.user_folders import ENCODERS_FOLDER_VARIABLE

from ..metrics.l_settings import Preset

__all__ = ["l_options"]


def l_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of L to a command, which gets `--no-cache` as `cache`."""

    @functools.wraps(command)
    def collected(*, no_cache: bool, **options: Any) -> Any:
        return command(cache=not no_cache, **options)

    for option in reversed(_OPTIONS):
        collected = option(collected)
    return collected


_OPTIONS = (
    click.option(
        "--l-preset",
        type=click.Choice(get_args(Preset)),
        default="paper",
        show_default=True,
        help="Choose L's BERTScore encoder: roberta-large, or all-MiniLM-L6-v2, whose values are "
        "on a different scale.",
    ),
    click.option(
        "--l-models",
        type=PathType(file_okay=False, exists=True),
        envvar=ENCODERS_FOLDER_VARIABLE,
        help="Look for L's encoders in this folder.  [default: the Hugging Face cache]",
    ),
    click.option(
        "--threads",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Run L's encoders on this many threads.",
    ),
    click.option("--no-cache", is_flag=True, help="Don't read or write the cache of L's values."),
)
