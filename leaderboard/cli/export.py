"""The commands `leaderboard export every-eval-ever` and `leaderboard export eval-results`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from locomo_vqa.cli_support import CommandGroup, PathType, echo, json_option, print_json
from locomo_vqa.text import counted

__all__ = ["export"]


@click.group(cls=CommandGroup)
def export() -> None:
    """Write a verified board's entries in the formats of others.

    \b
    Example:
      locomo-vqa leaderboard export every-eval-ever submissions --benchmark sample --out records
    """


_entries = click.option(
    "--entry",
    "entries",
    multiple=True,
    help="Export only this entry, `<system>__<answerer>/<date>`; may be repeated.",
)


@export.command("every-eval-ever")
@click.argument("board", metavar="FOLDER", type=PathType())
@click.option("--benchmark", required=True, help="The benchmark that the board was verified with.")
@click.option(
    "--out",
    type=PathType(),
    required=True,
    help="Write the records below this folder, which may have others.",
)
@_entries
@click.option(
    "--samples/--no-samples",
    default=True,
    show_default=True,
    help="Also write a row for each question and metric.",
)
@click.option(
    "--questions",
    is_flag=True,
    help="Put the texts of questions and gold answers into the samples, not only ids and hashes.",
)
@click.option(
    "--organization",
    default="LoCoMo-VQA",
    show_default=True,
    help="Name who maintains the board.",
)
@click.option("--dataset", help="Name the benchmark's repository on the Hugging Face Hub.")
@json_option
def every_eval_ever(board: Path, as_json: bool, entries: tuple[str, ...], **settings: Any) -> None:
    """Write records of Every Eval Ever 0.3.0.

    Each accepted entry of the verified board in FOLDER gets a record, and a file with its samples.

    \b
    Example:
      locomo-vqa leaderboard export every-eval-ever submissions --benchmark sample --out records
    """
    from ..exports import export_records

    written = export_records(board, entries=list(entries) or None, **settings)
    if as_json:
        print_json({"records": [str(path) for path in written]})
    else:
        echo(f"Wrote {counted(len(written), 'record')} below {settings['out'] / 'data'}")


@export.command("eval-results")
@click.argument("board", metavar="FOLDER", type=PathType())
@click.option("--dataset", required=True, help="Name the data set's repository on the Hub.")
@click.option("--out", type=PathType(), required=True, help="Write to this folder.")
@_entries
@click.option("--revision", help="Give the commit of the data set.")
@click.option("--url", help="Link to this address of the board.")
@click.option("--name", help="Name the board.")
@json_option
def eval_results(board: Path, as_json: bool, entries: tuple[str, ...], **settings: Any) -> int:
    """Write V, L and J for models' repositories.

    Each system of the verified board in FOLDER gets a folder `.eval_results`, to be copied to the
    root of its repository on the Hugging Face Hub. The exit status is 1 if nothing was written.

    \b
    Example:
      locomo-vqa leaderboard export eval-results submissions --dataset org/locomo-vqa --out hub
    """
    from ..exports import export_eval_results

    written, left_out = export_eval_results(board, entries=list(entries) or None, **settings)
    if as_json:
        print_json(
            {
                "files": [str(path) for path in written],
                "left_out": [
                    {"entry": each.entry, "task": each.task, "reason": each.reason}
                    for each in left_out
                ],
            }
        )
        return 0 if written else 1
    for path in written:
        echo(f"Wrote {path}")
    for each in left_out:
        echo(f"Left out: {each.entry}{f', {each.task}' if each.task else ''}: {each.reason}")
    return 0 if written else 1
