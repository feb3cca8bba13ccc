"""The command `submit`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from locomo_vqa.cli_support import echo, json_option, print_json, quoted

from ..submission.submit import submit as submit_run

__all__ = ["submit"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--to",
    required=True,
    help="Send the submission to this folder of submissions.",
)
@click.option("--name", help="Show this name on the board instead of the system's own.")
@click.option("--contact", help="Give a way to contact you: an email address or an account.")
@click.option("--url", help="Link to a description of the system.")
@click.option("--commit", help="Give the revision of the system's source code.")
@click.option(
    "--trained-on-locomo/--not-trained-on-locomo",
    default=None,
    help="State whether any part of the system was trained or tuned on LoCoMo.",
)
@click.option(
    "--custom", is_flag=True, help="Mark the run as differing from the benchmark's way of asking."
)
@click.option(
    "--date",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Set the submission's date.  [default: today]",
)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="Also write this zip file, with which `replay` repeats the run; needs a run with --record "
    "if it asked an endpoint.",
)
@json_option
def submit(
    run: Path,
    to: str,
    name: str | None,
    contact: str | None,
    url: str | None,
    commit: str | None,
    trained_on_locomo: bool | None,
    custom: bool,
    date: datetime | None,
    bundle: Path | None,
    as_json: bool,
) -> None:
    """Turn the finished run folder RUN into a submission.

    A submission has the answers and a record of the run, but no scores: the board computes them.

    \b
    Example:
      locomo-vqa submit runs/bm25 --to submissions
      locomo-vqa submit runs/mine --to submissions --contact me@example.org \\
        --not-trained-on-locomo
    """
    submission = submit_run(
        run,
        to=to,
        name=name,
        contact=contact,
        url=url,
        commit=commit,
        trained_on_locomo=trained_on_locomo,
        custom=custom,
        date=date,
        bundle=bundle,
    )
    if as_json:
        print_json({"folder": str(submission.folder)})
    else:
        echo(f"{'Wrote' if submission.is_new else 'Already there:'} {submission.place}")
        if bundle is not None:
            echo(f"Wrote {bundle}")
        echo(f"Next: locomo-vqa leaderboard verify {quoted(to)} --benchmark …")
