"""The options of every command that asks a judge."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from locomo_vqa.cli_support import PathType
from locomo_vqa.errors import InputError

__all__ = ["judge_options", "judge_timeout_option", "responses_option", "rubric_option"]

_Command = Callable[..., Any]

rubric_option = click.option(
    "--rubric",
    metavar="[lenient|strict|FILE]",
    default="lenient",
    show_default=True,
    help="Choose how strictly an answer is compared with the gold answer (the paper is lenient), "
    "or judge with the prompt in this file.",
)
responses_option = click.option(
    "--responses",
    type=PathType(dir_okay=False),
    help="Store the judge's replies in this file, so that none is requested twice.  "
    "[default: one in the user's cache folder]",
)
judge_timeout_option = click.option(
    "--judge-timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    help="Limit one call to the judge to this many seconds.",
)


def judge_options(command: _Command) -> _Command:
    """Add the options of a command that scores with judges."""

    @functools.wraps(command)
    def collected(
        *, judge: tuple[str, ...], judge_check: tuple[Path, ...], no_judge_check: bool, **rest: Any
    ) -> Any:
        if judge_check and no_judge_check:
            raise InputError(
                "--judge-check and --no-judge-check are both given.", "Drop one of them."
            )
        checks: Any = judge_check or not no_judge_check
        return command(judge=judge, judge_check=checks, **rest)

    options = [
        click.option(
            "--judge",
            multiple=True,
            help="Compute J with this model's verdicts, or with `rules`, which need no model; a "
            "second judge is compared with the first.",
        ),
        rubric_option,
        click.option(
            "--judge-check",
            multiple=True,
            type=PathType(dir_okay=False),
            help="Use this file from `judge-check --out`, instead of running a small check.",
        ),
        click.option(
            "--no-judge-check", is_flag=True, help="Don't check the judge; J is marked accordingly."
        ),
        click.option(
            "--judge-passes",
            type=click.IntRange(min=1, max=100),
            default=1,
            show_default=True,
            help="Ask the first judge this often about each answer, to measure its noise.",
        ),
        responses_option,
        judge_timeout_option,
    ]
    for option in reversed(options):
        collected = option(collected)
    return collected
