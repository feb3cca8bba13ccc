"""The command `submit`."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import get_args

import click

from locomo_vqa.cli_support import PathType, echo, json_option, print_json, quoted

from ..submission.submit import Submission, TrainingSplit
from ..submission.submit import submit as submit_run
from .submit_dialogue import ask_about_training, ask_for_missing, is_interactive, review_plan

__all__ = ["submit"]


@click.command()
@click.argument("run", type=PathType())
@click.option(
    "--to",
    required=True,
    metavar="FOLDER|ADDRESS",
    help="Send the submission to this folder, or this Git repository (git+URL, which gets a new "
    "branch; git+URL#BRANCH for one that exists), or data set on the Hub "
    "(hf://datasets/ORG/NAME, which gets a pull request).",
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
    "--training-split",
    type=click.Choice(get_args(TrainingSplit)),
    help="State what a system trained on LoCoMo was trained on: the train and validation splits, "
    "for each conversation the others, or all conversations.",
)
@click.option(
    "--custom", is_flag=True, help="Mark the run as differing from the benchmark's way of asking."
)
@click.option(
    "--date",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Set the submission's date.  [default: today in UTC]",
)
@click.option(
    "--benchmark",
    help="Also check the revision and the questions against the board's benchmark: `sample`, a "
    "folder, or org/name on the Hub.",
)
@click.option(
    "--bundle",
    type=PathType(),
    help="Also write this zip file, with which `replay` repeats the run; needs a run with --record "
    "if it asked an endpoint.",
)
@click.option(
    "--ablation",
    type=PathType(),
    help="Add the certificate in this folder, which `ablate` wrote for the same system: the board "
    "then says whether it answers from the picture.",
)
@click.option("--yes", is_flag=True, help="Ask nothing, also on a terminal.")
@json_option
def submit(
    run: Path,
    to: str,
    name: str | None,
    contact: str | None,
    url: str | None,
    commit: str | None,
    trained_on_locomo: bool | None,
    training_split: TrainingSplit | None,
    custom: bool,
    date: datetime | None,
    benchmark: str | None,
    bundle: Path | None,
    ablation: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Turn the finished run folder RUN into a submission, and send it.

    A submission has the answers and a record of the run, but no scores: the board computes them.
    It is checked first, and searched for keys, users' folders and private hosts. On a terminal,
    what is missing is asked for, and what will be sent is shown.

    \b
    Example:
      locomo-vqa submit runs/bm25 --to submissions
      locomo-vqa submit runs/mine --to git+https://github.com/ORG/RESULTS.git \\
        --contact me@example.org --not-trained-on-locomo
    """
    asks = not yes and not as_json and is_interactive()
    if asks and (run / "run.json").is_file():  # Otherwise it is refused.
        contact, url = ask_for_missing(contact, url)
        trained_on_locomo, training_split = ask_about_training(trained_on_locomo, training_split)
    submission = submit_run(
        run,
        to=to,
        name=name,
        contact=contact,
        url=url,
        commit=commit,
        trained_on_locomo=trained_on_locomo,
        training_split=training_split,
        custom=custom,
        date=date,
        benchmark=benchmark,
        bundle=bundle,
        ablation=ablation,
        review=None if as_json else partial(review_plan, to=to, asks=asks),
    )
    if as_json:
        print_json(_to_json(submission))
        return
    echo(f"{'Wrote' if submission.is_new else 'Already there:'} {submission.place}")
    if bundle is not None:
        echo(f"Wrote {bundle}")
    if submission.advice is not None:
        echo(f"Next: {submission.advice}")
    elif submission.folder is not None:
        echo(f"Next: locomo-vqa leaderboard verify {quoted(to)} --benchmark …")


def _to_json(submission: Submission) -> dict[str, str | bool | None]:
    if submission.folder is not None:
        return {"folder": str(submission.folder)}
    return {
        "name": submission.name,
        "place": submission.place,
        "url": submission.url,
        "new": submission.is_new,
    }
