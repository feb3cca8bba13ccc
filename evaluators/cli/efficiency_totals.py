"""Makes the table of totals of `efficiency`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from locomo_vqa.cli_support import make_table

from ..efficiency.measure import RunEfficiency
from ..efficiency.totals import RunTotals, Totals

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["totals_table"]

_NONE = "–"


def totals_table(runs: Sequence[RunEfficiency]) -> Table:
    """Return a table with what each run cost, a conversation read in it, and a question asked."""
    table = make_table("Totals", numbers=["calls", "tok in", "tok out", "s", "$"])
    for run in runs:
        for title, totals, whole in _rows(run.name, run.totals) if run.totals else ():
            table.add_row(title, *_cells(totals, whole=whole))
    return table


def _rows(name: str, totals: RunTotals) -> Iterator[tuple[str, Totals, bool]]:
    yield f"{name}, in all", totals.all, True
    if totals.per_conversation is not None and totals.conversations:
        read = f"  a conversation read (of {totals.conversations:,})"
        yield read, totals.per_conversation, totals.conversations == 1
    if totals.per_question is not None and totals.questions:
        asked = f"  a question (of {totals.questions:,})"
        yield asked, totals.per_question, totals.questions == 1


def _cells(totals: Totals, *, whole: bool) -> list[str]:
    about, digits = "≈ " if totals.estimated else "", 0 if whole else 1
    return [
        f"{totals.calls:,.{digits}f}",
        _cell(totals.input_tokens, digits, about),
        _cell(totals.output_tokens, digits, about),
        _cell(totals.seconds, 1 if whole else 2),
        _cell(totals.cost_usd, 4),
    ]


def _cell(value: float | None, digits: int, about: str = "") -> str:
    return _NONE if value is None else f"{about}{value:,.{digits}f}"
