"""The command `leaderboard history`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from locomo_vqa.cli_support import PathType, echo, json_option, print_json, quoted

__all__ = ["history"]


@click.command()
@click.argument("entry", type=PathType())
@click.option(
    "--event",
    type=click.Choice(("withdrawn", "superseded", "disputed", "answered", "settled")),
    required=True,
    help="Choose what happened; `answered` and `settled` follow a dispute.",
)
@click.option("--who", required=True, help="Give an address or account of whoever says so.")
@click.option("--why", required=True, help="Give the reason, or the answer, as plain text.")
@click.option("--by", help="Name the entry that supersedes this one.")
@click.option("--date", metavar="YYYY-MM-DD", help="Set the day.  [default: today in UTC]")
@json_option
def history(entry: Path, as_json: bool, **settings: Any) -> None:
    """Record what happened to the submission in the folder ENTRY since it was accepted.

    The event is added to <date>.history.yaml beside the folder. A withdrawn or superseded entry
    stays on the board without a rank, and a disputed one is marked.

    \b
    Example:
      locomo-vqa leaderboard history submissions/bm25__none/2026-08-31 --event withdrawn \\
        --who ada@example.org --why "The index had the gold answers."
    """
    from ..history.record import record_event

    path = record_event(entry, **settings)
    if as_json:
        print_json({"file": str(path)})
    else:
        echo(f"Wrote {path}")
        echo(f"Next: locomo-vqa leaderboard verify {quoted(path.parent.parent)} --benchmark …")
