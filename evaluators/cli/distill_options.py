"""Options that the commands of `distill` share."""

from __future__ import annotations

import click

from locomo_vqa.cli_support import PathType

__all__ = ["benchmark_option", "jobs_option", "out_option", "teacher_timeout_option"]

benchmark_option = click.option(
    "--benchmark", required=True, help="Read `sample`, a benchmark folder, or org/name."
)
out_option = click.option("--out", type=PathType(), required=True, help="Write to this folder.")
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Run this many conversations at once.",
)
teacher_timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=86400),
    default=120.0,
    show_default=True,
    help="Limit one request to the teacher to this many seconds.",
)
