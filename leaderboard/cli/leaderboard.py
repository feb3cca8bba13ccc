"""The group `leaderboard`, with its commands `verify` and `build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locomo_vqa.cli_support import (
    CommandGroup,
    PathType,
    console,
    echo,
    json_option,
    make_table,
    print_json,
    quoted,
)
from locomo_vqa.files import write_text

from .export import export
from .history import history
from .reproduce import reproduce
from .results_repository import diff, init, review

if TYPE_CHECKING:
    from ..board import Board

__all__ = ["leaderboard"]


@click.group(cls=CommandGroup)
def leaderboard() -> None:
    """Verify submissions, and build the board's site.

    \b
    Example:
      locomo-vqa leaderboard verify submissions --benchmark sample
      locomo-vqa leaderboard build submissions --out site
    """


leaderboard.add_command(export)


@leaderboard.command()
@click.argument("folder", type=PathType())
@click.option(
    "--benchmark",
    required=True,
    help="Score against this benchmark: `sample`, a folder, or org/name on the Hub.",
)
@click.option(
    "--judge", help="Compute J with this model's verdicts, or with `rules`, which need no model."
)
@click.option(
    "--rubric",
    metavar="[lenient|strict|FILE]",
    default="lenient",
    show_default=True,
    help="Choose how strictly an answer is compared with the gold answer (the paper is lenient), "
    "or judge with the prompt in this file.",
)
@click.option(
    "--judge-timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    help="Limit one call to the judge to this many seconds.",
)
@click.option(
    "--judge-sample",
    type=click.IntRange(min=1),
    help="Estimate J from this many questions, drawn from each conversation in proportion.  "
    "[default: all]",
)
@click.option(
    "--judge-seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Draw another sample; it is the same for every submission.",
)
@click.option(
    "--responses",
    type=PathType(dir_okay=False),
    help="Store the judge's replies in this file, so that none is requested twice.  "
    "[default: one in the user's cache folder]",
)
@click.option(
    "--l-preset",
    type=click.Choice(("paper", "minilm")),
    default="paper",
    show_default=True,
    help="Choose L's BERTScore encoder: roberta-large, or all-MiniLM-L6-v2.",
)
@click.option(
    "--l-models",
    type=PathType(file_okay=False),
    help="Look for L's encoders in this folder.",
)
@click.option(
    "--as-of",
    metavar="YYYY-MM-DD",
    help="Count entries and events up to this day only.  [default: today]",
)
@click.option(
    "--only",
    multiple=True,
    metavar="ENTRY",
    help="Check and score this submission only, such as bm25__none/2026-08-31, compare it with the "
    "others, and write no board; may be repeated.",
)
@click.option(
    "--report",
    type=PathType(dir_okay=False),
    help="Also write what was found to this file, as Markdown.",
)
@json_option
def verify(
    folder: Path, only: tuple[str, ...], report: Path | None, as_json: bool, **settings: Any
) -> int:
    """Check every submission below FOLDER, score it, and write FOLDER/board.json.

    Scores are computed here, from the answers. A rejected submission doesn't keep the others off
    the board, but makes the exit status 1, as does an answer on which the judge gave no verdict, or
    a date in the future.

    \b
    Example:
      locomo-vqa leaderboard verify submissions --benchmark sample
      locomo-vqa leaderboard verify submissions --benchmark sample --as-of 2026-08-31
    """
    from ..board import BOARD_FILE
    from ..summary import lacks_verdicts
    from ..verification.report import verification_report
    from ..verification.verify import verify as verify_submissions

    board = verify_submissions(folder, only=only or None, **settings)
    if report is not None:
        write_text(report, verification_report(board))
    if as_json:
        for sentence in board.left_out:
            click.echo(sentence, err=True)
        print_json(board.to_json())
    else:
        _print_board(board)
        if report is not None:
            echo(f"Wrote {report}")
        if not only:
            echo(f"Wrote {board.folder / BOARD_FILE}")
            echo(f"Next: locomo-vqa leaderboard build {quoted(board.folder)} --out …")
    bad = any(entry.state == "rejected" or lacks_verdicts(entry) for entry in board)
    return 1 if bad or (board.left_out and settings["as_of"] is None) else 0


@leaderboard.command()
@click.argument("board", metavar="FOLDER", type=PathType())
@click.option(
    "--out",
    type=PathType(),
    required=True,
    help="Write the site to this folder.",
)
@click.option(
    "--as-of",
    metavar="YYYY-MM-DD",
    help="Build the board that was verified for this day.  [default: today]",
)
@click.option(
    "--benchmark",
    help="Add a page with every question of this benchmark, its image and gold answer, and "
    "everyone's answers.",
)
@json_option
def build(board: Path, out: Path, as_of: str | None, benchmark: str | None, as_json: bool) -> None:
    """Write the verified board in FOLDER as a static site that opens without a server.

    An earlier site made by this command is replaced; any other folder is left alone.

    \b
    Example:
      locomo-vqa leaderboard build submissions --out site
    """
    from ..site.build import PAGE, RESULTS, build_site

    site = build_site(board, out=out, as_of=as_of, benchmark=benchmark)
    if as_json:
        print_json({"page": str(site / PAGE), "results": str(site / RESULTS)})
    else:
        echo(f"Wrote {site}")
        echo(f"Next: open {quoted(site / PAGE)} in a browser.")


def _print_board(board: Board) -> None:
    from rich.text import Text

    from ..site.contrasts import contrasts
    from ..summary import COLUMNS, NUMBERS, remarks, summary_rows

    table = make_table(*COLUMNS, numbers=NUMBERS)
    for name, state, *cells in summary_rows(board, board.rankings):
        style = "green" if state == "rescored" else "yellow" if state == "disputed" else "red"
        table.add_row(Text(name), Text(state, style=style), *cells)
    console().print(table)
    for remark in [
        *board.left_out,
        *remarks(board, board.rankings),
        *(pair["text"] for pair in contrasts(board)),
    ]:
        echo(remark)


# A review measures as `verify` does.
_MEASURES = {
    *("benchmark", "judge", "rubric", "judge_timeout", "judge_sample", "judge_seed"),
    *("responses", "l_preset", "l_models"),
}
review.params[3:3] = [option for option in verify.params if option.name in _MEASURES]
for _command in (history, init, review, diff, reproduce):
    leaderboard.add_command(_command)
