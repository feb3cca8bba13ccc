"""The command `replay`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from locomo_vqa.cli_support import PathType, echo, json_option, print_json

from .run_options import benchmark_option

__all__ = ["replay"]


@click.command()
@click.argument("bundle", type=PathType())
@benchmark_option
@click.option(
    "--python",
    type=PathType(),
    help="Run module:Class with this Python interpreter, where the run had one.",
)
@click.option(
    "--env",
    multiple=True,
    metavar="NAME",
    help="Pass this environment variable to the system, where the run had it; may be repeated.",
)
@click.option(
    "--sandbox",
    is_flag=True,
    help="Isolate the system: a bundle has code, and that of someone else may do harm.",
)
@json_option
def replay(
    bundle: Path,
    benchmark: str,
    python: Path | None,
    env: Sequence[str],
    sandbox: bool,
    as_json: bool,
) -> int:
    """Repeat the run in BUNDLE from its recorded replies, and compare the answers.

    No endpoint is asked. The run's limits on time and memory hold, and variables that it handed on
    must be set here and named with --env. The exit status is 1 if an answer differs.

    \b
    Example:
      locomo-vqa submit runs/mine --to submissions --bundle mine.zip
      locomo-vqa replay mine.zip --benchmark lv --sandbox
    """
    from ..running.replay import replay as repeat

    report = repeat(bundle.absolute(), benchmark=benchmark, python=python, env=env, sandbox=sandbox)
    same = report.questions - len(report.different)
    if as_json:
        print_json({"questions": report.questions, "different": list(report.different)})
    else:
        echo(f"{same:,} of {report.questions:,} answers are the same.")
        for id in report.different[:10]:
            echo(f"  {id} differs")
    return 0 if report.same else 1
