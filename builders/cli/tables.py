"""What a build tells a person at the end of each stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from locomo_vqa.cli_support import console, echo, make_table

from ..quality import answer_shares, dominance_warnings
from ..questions_file import QuestionRow
from ..selection import Selection
from ..stages import StageCounts

if TYPE_CHECKING:
    from ..images.losses import Losses

__all__ = ["print_counts", "print_losses", "print_selection", "print_shares"]


def print_losses(losses: Losses) -> None:
    """Print what became of the pictures' URLs."""
    states = ", ".join(f"{number:,} {state}" for state, number in losses.by_state.items())
    echo(f"pictures: {losses.urls:,} URLs: {states}")
    for reason in losses.reasons[:5]:
        echo(f"  {reason['urls']:,} {reason['state']}: {reason['detail']}")


def print_counts(stage: str, counts: StageCounts) -> None:
    """Print how the questions of a stage ended."""
    echo(
        f"{stage}: {counts.ok:,} questions, {counts.declined:,} declined, "
        f"{counts.dropped:,} dropped, {counts.failed:,} without a reply"
    )
    if counts.failed:
        echo("Give the same command again to ask for what got no reply.")


def print_selection(selection: Selection, plot: Path) -> None:
    """Print the error rates, hardest first, and how sure the choice is."""
    table = make_table(
        "Type", numbers=["Errors", "of", "Rate", "95 % interval", "Declined", "Lost", "Chosen"]
    )
    for result in selection.results:
        unknown = result.error_rate is None or result.low is None or result.high is None
        table.add_row(
            result.type,
            f"{result.errors}",
            f"{result.n}",
            "–" if unknown else f"{result.error_rate:.0%}",
            "–" if unknown else f"{result.low:.0%} … {result.high:.0%}",
            f"{result.declined}",
            f"{result.lost}",
            "yes" if result.selected else "",
        )
    console().print(table)
    echo(
        f"Chosen: {', '.join(selection.types)}; the same in {selection.stability:.0%} of "
        f"bootstrap samples of the pictures. Plot: {plot}"
    )
    for remark in selection.remarks:
        echo(remark)


def print_shares(rows: Sequence[QuestionRow]) -> None:
    """Print how answers are distributed, and what the quality checks found."""
    table = make_table(
        "Type",
        numbers=["Questions", "Answers", "Most frequent", "Share", "Self", "Blind", "Caption"],
    )
    shares = answer_shares(rows)
    for share in shares:
        quality = [row.quality for row in rows if row.type == share.type and row.state == "ok"]
        table.add_row(
            share.type,
            f"{share.n}",
            f"{share.distinct}",
            share.answer,
            f"{share.share:.0%}",
            _share([each.self_consistent for each in quality]),
            _share([each.guessable for each in quality]),
            _share([each.caption_answers for each in quality]),
        )
    console().print(table)
    echo("Right again when asked afresh (self), without the picture (blind), by caption alone.")
    for warning in dominance_warnings(shares):
        echo(warning)


def _share(values: Sequence[bool | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known) / len(known):.0%}" if known else "–"
