"""The commands `submit`, `leaderboard verify` and `leaderboard build`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.cli_support import CliContext, console, echo, json_option, make_table, print_json

from .submission import SubmissionMetadata
from .submission import submit as submit_run

if TYPE_CHECKING:
    from rich.table import Table

    from .board import Board, Entry

__all__ = ["leaderboard", "submit"]

_SHOWN = ("v", "l", "j", "f1")
_pass_context = click.make_pass_decorator(CliContext)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder of submissions to write to.",
)
@click.option("--contact", help="How to reach you: an e-mail address or account.")
@click.option("--url", help="Where the system is described.")
@click.option("--commit", help="The revision of the system's source.")
@click.option(
    "--trained-on-locomo/--not-trained-on-locomo",
    default=None,
    help="Whether any part of the system was trained or tuned on LoCoMo.",
)
@click.option("--custom", is_flag=True, help="The run differs from the benchmark's way of asking.")
@click.option("--name", help="The system's name on the board, instead of the run's.")
@click.option(
    "--date",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The submission's date.  [default: today]",
)
@json_option
def submit(
    run: Path,
    to: Path,
    contact: str | None,
    url: str | None,
    commit: str | None,
    trained_on_locomo: bool | None,
    custom: bool,
    name: str | None,
    date: datetime | None,
    as_json: bool,
) -> None:
    """Turn the finished run folder RUN into a submission.

    A submission has the answers and what was run, and no scores: the board computes them.

    \b
    Example:
      locomo-vqa submit runs/bm25 --to submissions
      locomo-vqa submit runs/mine --to submissions --contact me@example.org \\
        --not-trained-on-locomo
    """
    metadata = SubmissionMetadata(
        contact=contact,
        trained_on_locomo=trained_on_locomo,
        submission_type="custom" if custom else "standard",
        name=name,
        url=url,
        commit=commit,
    )
    folder = submit_run(run, to, metadata=metadata, date=(date or datetime.now()).date())
    if as_json:
        print_json({"folder": str(folder)})
    else:
        echo(f"Wrote {folder}")
        echo(f"Next: locomo-vqa leaderboard verify {to} --benchmark …")


@click.group()
def leaderboard() -> None:
    """Verify submissions, and build the board's site.

    \b
    Example:
      locomo-vqa leaderboard verify submissions --benchmark sample
      locomo-vqa leaderboard build submissions --out site
    """


@leaderboard.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--benchmark", required=True, help="`sample`, a benchmark folder, or org/name.")
@json_option
@_pass_context
def verify(context: CliContext, folder: Path, benchmark: str, as_json: bool) -> int:
    """Check every submission below FOLDER, score it, and write FOLDER/board.json.

    Scores are computed here, from the answers. The exit status is 1 when a submission was
    rejected; the others are on the board all the same.

    \b
    Example:
      locomo-vqa leaderboard verify submissions --benchmark sample
    """
    from .verification import verify as verify_folder

    board = verify_folder(folder, load_benchmark(benchmark), context.scorer())
    if as_json:
        print_json(board.to_json())
    else:
        _tell(folder, board)
    return 1 if any(entry.state == "rejected" for entry in board.entries) else 0


@leaderboard.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The site to make.")
@json_option
def build(folder: Path, out: Path, as_json: bool) -> None:
    """Write the verified board in FOLDER as a static site that opens without a server.

    A site that this command made before is replaced; any other folder is left alone.

    \b
    Example:
      locomo-vqa leaderboard build submissions --out site
    """
    from .site import PAGE, RESULTS, build_site

    site = build_site(folder, out)
    if as_json:
        print_json({"page": str(site / PAGE), "results": str(site / RESULTS)})
    else:
        echo(f"Wrote {site}")
        echo(f"Next: open {site / PAGE} in a browser.")


def _tell(folder: Path, board: Board) -> None:
    from .board import BOARD_FILE

    out = console()
    out.print(_table(board))
    for entry in board.entries:
        for kind, sentences in (("problem", entry.problems), ("note", entry.notes)):
            for sentence in sentences:
                echo(f"{entry.entry}: {kind}: {sentence}")
    echo(f"Wrote {folder / BOARD_FILE}")
    echo(f"Next: locomo-vqa leaderboard build {folder} --out …")


def _table(board: Board) -> Table:
    from rich.text import Text

    from .page import METRICS

    table = make_table("submission", "state", "split", numbers=[METRICS[n][0] for n in _SHOWN])
    for entry in board.entries:
        style = "green" if entry.state == "rescored" else "red"
        table.add_row(
            Text(entry.entry),
            Text(entry.state, style=style),
            entry.split or "–",
            *(_value(entry, name) for name in _SHOWN),
        )
    return table


def _value(entry: Entry, name: str) -> str:
    metric = (entry.scores or {"metrics": {}})["metrics"].get(name)
    if metric is None or metric["overall"]["value"] is None:
        return "–"
    value: float = metric["overall"]["value"]
    return f"{value:.1f}" if metric["scale"] >= 100 else f"{value:.3f}"
