"""Prints what a run will cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locomo_vqa.budget import dollars
from locomo_vqa.cli_support import console, echo, make_table, print_json, quoted
from locomo_vqa.text import duration

if TYPE_CHECKING:
    from ..estimating import RunEstimate

__all__ = ["print_estimate_of"]


def print_estimate_of(system: str, as_json: bool, **settings: Any) -> int:
    """Make the beginning of a run, and print the estimate of the whole."""
    from ..estimating import estimate_run

    estimate = estimate_run(system, **settings)
    if as_json:
        print_json(estimate.to_json())
    else:
        print_estimate(estimate)
    return 0


def print_estimate(estimate: RunEstimate) -> None:
    """Print the table, what it means, and what to do next."""
    if estimate.stages:
        table = make_table("Estimate", "Calls", "Tokens in", "Tokens out", "$")
        for row in estimate.table():
            table.add_row(*row)
        console().print(table)
    seconds = estimate.seconds
    spread = duration(seconds.doubt)
    echo(f"{estimate.system}: {estimate.cost_text}, about {duration(seconds.value)} (± {spread}).")
    for note in estimate.notes:
        echo(note)
    if estimate.spent:
        echo(f"So far {dollars(estimate.spent)} was spent; the run pays for none of it again.")
    echo(f"Next: the same command without --estimate and with --out {quoted(estimate.folder)}")
