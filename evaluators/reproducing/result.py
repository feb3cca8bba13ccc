"""What a reproduction returns: the paper's figures beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.html_table import html_table

from .cost import Cost, total_of
from .deviations import Deviation
from .paper import COLUMNS, PaperTable
from .reproduced_row import Figure, ReproducedRow
from .stand_ins import has_stand_in, stand_ins_of
from .steps import Step
from .words import rows_in_words, shown_value

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Reproduction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """A table of the paper, beside the same table of our runs."""

    table: PaperTable
    """The paper's table."""
    rows: Sequence[ReproducedRow]
    """The rows that were asked for."""
    preparation: Sequence[Step]
    """The calls that make the benchmarks, if none was named."""
    servers: Mapping[str, str]
    """The command that serves each model that was not given, by the paper's name."""
    deviations: Sequence[Deviation]
    """The choices that the figures depend on."""
    dry_run: bool
    """Whether nothing was run."""
    counts: str
    """What the sizes of the splits were counted in."""
    out: Path
    """The folder of the runs."""

    @property
    def cost(self) -> Cost:
        """What all rows cost at most; a call that several rows make is counted once."""
        return total_of([row.cost for row in self.rows])

    @property
    def left(self) -> Cost:
        """What is left of the cost: that of the steps that are not finished."""
        return total_of([row.left for row in self.rows])

    @property
    def ours_title(self) -> str:
        """The title of our figures: `stand-in` where embedded models answer."""
        number = sum(has_stand_in(row.plan) for row in self.rows)
        if not number:
            return "ours"
        return "stand-in" if number == len(self.rows) else "ours or stand-in"

    @property
    def stand_ins(self) -> list[str]:
        """What takes the part of the paper's, in sentences; none without embedded models."""
        return stand_ins_of([row.plan for row in self.rows])

    @property
    def is_of_stand_ins(self) -> bool:
        """Whether embedded models take the part of all models of every row."""
        return all(choice.is_embedded for row in self.rows for choice in row.plan.models)

    @property
    def notes(self) -> list[str]:
        """What a reader must know of the rows, in sentences."""
        found: dict[str, list[int]] = {}
        for row in self.rows:
            if row.plan.row.note:
                found.setdefault(row.plan.row.note, []).append(row.plan.row.number)
        for row in self.rows:
            for sentence in row.without_difference:
                found.setdefault(sentence, []).append(row.plan.row.number)
        return [
            f"{rows_in_words(numbers, len(self.rows))}: {note}" for note, numbers in found.items()
        ]

    @property
    def is_whole(self) -> bool:
        """Whether every row that was to be run has every figure."""
        return all(row.state in ("filled", "not_run") for row in self.rows)

    def __repr__(self) -> str:
        filled = sum(row.state == "filled" for row in self.rows)
        return f"<Reproduction of table {self.table.number}: {filled} of {len(self.rows)} rows>"

    def to_json(self) -> dict[str, Any]:
        """Return a document that is valid against the schema `paper_table`."""
        table = self.table
        return {
            "schema_version": 1,
            "kind": "paper_table",
            "table": table.number,
            "title": table.title,
            "columns": list(table.columns),
            "dry_run": self.dry_run,
            "counts": self.counts,
            "preparation": [step.to_json() for step in self.preparation],
            "servers": dict(self.servers),
            "rows": [row.to_json(table.columns) for row in self.rows],
            "cost": self.cost.to_json(),
            "left": self.left.to_json(),
            "deviations": [each.to_json() for each in self.deviations],
            "stand_ins": self.stand_ins,
            "notes": self.notes,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with a line for each row and column of the table.

        Columns: row, label, column, paper, ours, low, high, difference, state, reason.
        """
        import pandas as pd

        lines = [
            {
                "row": row.plan.row.number,
                "label": row.plan.row.label,
                "column": column,
                "paper": row.plan.row.values.get(column),
                "ours": figure.value,
                "low": figure.low,
                "high": figure.high,
                "difference": row.difference(column),
                "state": row.state,
                "reason": figure.reason or row.reason,
            }
            for row in self.rows
            for column in self.table.columns
            for figure in [row.ours.get(column, Figure(value=None))]
        ]
        return pd.DataFrame(lines)

    def _repr_html_(self) -> str:
        columns = self.table.columns
        whose = ("paper", self.ours_title)
        numbers = [f"{COLUMNS[name]}, {what}" for name in columns for what in whose]
        return html_table(
            ["Row", "State"],
            [self._html_row(row) for row in self.rows],
            numbers=numbers,
            caption=f"Table {self.table.number}: {self.table.title}",
            notes=[*self.stand_ins, *self.notes],
        )

    def _html_row(self, row: ReproducedRow) -> list[str | None]:
        cells: list[str | None] = [row.plan.row.label, row.state.replace("_", " ")]
        for name in self.table.columns:
            ours = row.ours.get(name)
            cells.append(shown_value(name, row.plan.row.values.get(name)))
            cells.append(shown_value(name, None if ours is None else ours.value))
        return cells
