"""The commands `leaderboard init`, `leaderboard review` and `leaderboard diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locomo_vqa.cli_support import PathType, echo, json_option, print_json, quoted

if TYPE_CHECKING:
    from ..template.review import Review

__all__ = ["diff", "init", "review"]


@click.command()
@click.argument("folder", type=PathType())
@click.option(
    "--benchmark",
    required=True,
    help="Score against this benchmark: `sample`, org/name on the Hub, or a folder in the "
    "repository.",
)
@click.option("--judge", help="Compute J with this model's verdicts, or with `rules`.")
@click.option(
    "--l-preset",
    type=click.Choice(("paper", "minilm")),
    default="minilm",
    show_default=True,
    help="Choose L's BERTScore encoder: roberta-large, or all-MiniLM-L6-v2.",
)
def init(folder: Path, **settings: Any) -> None:
    """Write a results repository, which takes submissions as pull requests.

    It has a script that reviews pull requests and builds the board, and GitHub workflows that call
    it.

    \b
    Example:
      locomo-vqa leaderboard init results --benchmark sample --judge rules
    """
    from ..template.init import write_repository

    written = write_repository(folder, **settings)
    echo(f"Wrote {written}")
    echo(f"Next: git init -b main {quoted(written)}, commit, and read its README.md.")


@click.command()
@click.argument("repository", type=PathType())
@click.option("--base", required=True, help="Compare with this revision, the target branch.")
@click.option("--head", required=True, help="Review what this revision adds.")
@click.option(
    "--report",
    type=PathType(dir_okay=False),
    help="Also write the report to this file, as Markdown.",
)
@json_option
def review(repository: Path, report: Path | None, as_json: bool, **settings: Any) -> int:
    """Review what a pull request adds to the results repository REPOSITORY.

    It may add submissions, and nothing else. All submissions are verified, and the exit status is 1
    if anything is wrong, or if a score on the target branch's board can't be computed again within
    0.001. Nothing of the pull request is checked out or run.

    \b
    Example:
      locomo-vqa leaderboard review . --base main --head my-branch --benchmark sample
    """
    from locomo_vqa.files import write_text

    from ..template.report import review_report
    from ..template.review import review_changes

    result = review_changes(repository, **settings)
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        write_text(report, review_report(result))
    if as_json:
        print_json({"accepted": result.accepted, "problems": list(result.problems)})
    else:
        _print_review(result)
    return 0 if result.accepted else 1


@click.command()
@click.argument("old", type=PathType())
@click.argument("new", type=PathType())
@json_option
def diff(old: Path, new: Path, as_json: bool) -> int:
    """List the accepted scores that the boards in two folders, OLD and NEW, have differently.

    The exit status is 1 if a score differs by more than 0.001, or if it or a file vanished.

    \b
    Example:
      locomo-vqa leaderboard diff before/submissions submissions
    """
    from ..board import read_board
    from ..template.comparison import score_changes

    found = list(score_changes(read_board(old), read_board(new)))
    if as_json:
        print_json([{"entry": name, "change": sentence} for name, sentence in found])
    else:
        for name, sentence in found:
            echo(f"{name}: {sentence}")
        if not found:
            echo("No accepted score changed.")
    return 1 if found else 0


def _print_review(review: Review) -> None:
    for problem in review.problems:
        echo(f"problem: {problem}", style="red")
    for entry in review.entries:
        for note in entry.notes:
            echo(f"note: {entry.name}: {note}")
    if review.compared and review.earlier:
        echo(f"Scores of earlier submissions computed again: {review.earlier:,}")
    for name in review.histories:
        echo(f"note: {name}: its history is longer.")
    new = len(review.entries) - len(review.histories)
    echo(f"{'Accepted' if review.accepted else 'Refused'} ({max(new, 0):,} new).")
