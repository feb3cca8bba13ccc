"""The command `judge-check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from locomo_vqa.cli_support import PathType, echo, json_option, print_json

from ..judging import judge_check as measure
from ..judging.measurement import DEFAULT_N
from .judge_options import judge_timeout_option, responses_option, rubric_option
from .judge_tables import print_check
from .options import scored_benchmark_option

__all__ = ["judge_check"]


@click.command("judge-check")
@click.option("--judge", required=True, help="Measure this model, or `rules`.")
@scored_benchmark_option()
@rubric_option
@click.option(
    "--n",
    type=click.IntRange(min=1),
    default=DEFAULT_N,
    show_default=True,
    help="Make this many answers of each kind, and at least one of each kind of injection.",
)
@click.option(
    "--out",
    type=PathType(dir_okay=False),
    help="Write the result into this file, which `score --judge-check` reads.",
)
@responses_option
@judge_timeout_option
@json_option
def judge_check(judge: str, out: Path | None, as_json: bool, **options: Any) -> int:
    """Measure a judge on answers whose verdict is known by construction.

    Gold answers in other words, formats and orders must be accepted. Other questions' gold
    answers, shifted dates, negated answers, lists of everything, vague talk, and answers that give
    the judge instructions must not. The exit status is 1 when an answer got no verdict.

    \b
    Example:
      locomo-vqa judge-check --judge "openai:http://host/v1?model=NAME" --benchmark sample
    """
    made = measure(judge, **options)
    if out is not None:
        made.write(out)
    if as_json:
        print_json(made.document)
    else:
        print_check(made.document)
        if out is not None:
            echo(f"Wrote {out}: pass it to `locomo-vqa score --judge-check`")
    return 1 if made.unscored else 0
