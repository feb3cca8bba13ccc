"""The command `leaderboard reproduce`."""

from __future__ import annotations

from pathlib import Path

import click

from locomo_vqa.cli_support import PathType, echo, json_option, print_json

__all__ = ["reproduce"]

_MOST_SHOWN = 10


@click.command()
@click.argument("folder", type=PathType())
@click.argument("entry")
@click.option(
    "--bundle",
    type=PathType(),
    required=True,
    help="Repeat the run in this file, which `submit` wrote.",
)
@click.option(
    "--benchmark",
    required=True,
    help="Ask about this benchmark: `sample`, a folder, or org/name on the Hub.",
)
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
@json_option
def reproduce(
    folder: Path,
    entry: str,
    bundle: Path,
    benchmark: str,
    python: Path | None,
    env: tuple[str, ...],
    as_json: bool,
) -> int:
    """Repeat the run of submission ENTRY in FOLDER, and record that its answers are the same.

    This runs the code in the bundle, always isolated, as with `run --sandbox`. If all answers are
    the same, FOLDER/<system>__<answerer>/<date>.reproduced.json is written, and `verify` gives the
    submission the badge `reproduced`; otherwise the exit status is 1.

    \b
    Example:
      locomo-vqa leaderboard reproduce submissions mine__gpt/2026-08-31 \\
        --bundle mine.zip --benchmark lv
    """
    from ..verification.reproduce import reproduce as repeat

    done = repeat(folder, entry, bundle=bundle, benchmark=benchmark, python=python, env=env)
    if as_json:
        record = None if done.record is None else str(done.record)
        print_json(
            {
                "questions": done.questions,
                "different": list(done.different),
                "of_entry": done.of_entry,
                "record": record,
            }
        )
        return 0 if done.record else 1
    echo(f"{done.questions - len(done.different):,} of {done.questions:,} answers are the same.")
    for name in done.different[:_MOST_SHOWN]:
        echo(f"  {name} differs")
    if done.record is not None:
        echo(f"Wrote {done.record}")
        return 0
    if not done.different:
        echo(f"But they are not those of {entry}: it is another run's bundle.")
    return 1
