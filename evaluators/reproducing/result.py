"""What a reproduction returns: the paper's figures beside ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from locomo_vqa.html_table import html_table
from locomo_vqa.models.names import hide_credentials

from .choices import Choice
from .cost import Cost, total_of
from .deviations import Deviation
from .paper import COLUMNS, PaperTable
from .plan import RowPlan
from .steps import Step

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Figure", "ReproducedRow", "Reproduction", "RowState", "rows_in_words", "shown_value"]

RowState = Literal["filled", "partly", "failed", "not_run"]
"""The outcome of a row:

filled    it has every figure of the table
partly    it ran, and some figures are not known, or some questions failed
failed    it ran, and ended with an error
not_run   it was not run
"""

_DIGITS: Mapping[str, int] = {"l": 1, "j": 1, "v": 1, "tokens_per_s": 1}
_SMALL = 0.095
"""Below this, a figure has two digits that are not 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One of our figures."""

    value: float | None
    """The value; None if it is not known."""
    low: float | None = None
    """The lower end of its interval; None without one."""
    high: float | None = None
    """The upper end of its interval."""
    signature: str | None = None
    """The metric with all its parameters; None for sizes, tokens and seconds."""
    reason: str | None = None
    """Why it is not known; None if it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproducedRow:
    """A row: what it runs, what that costs, and our figures."""

    plan: RowPlan
    """The row of the paper, and the calls that run it."""
    cost: Cost
    """What these cost at most, if nothing of it was run."""
    state: RowState
    """The outcome."""
    ours: Mapping[str, Figure]
    """Our figures by column; empty if the row was not run."""
    reason: str | None = None
    """Why the row was not run, how it failed, or what it lacks."""
    not_comparable: Sequence[str] = ()
    """Why a difference from the paper's figures would say nothing; empty if it would."""

    finished: Collection[str] = frozenset()
    """The keys of the steps that were made whole; they cost nothing again."""

    @property
    def left(self) -> Cost:
        """What the steps that are not finished cost at most."""
        return Cost(parts=[part for part in self.cost.parts if part.step not in self.finished])

    def difference(self, column: str) -> float | None:
        """Return our figure minus the paper's; None if one is missing or they don't compare."""
        ours, paper = self.ours.get(column), self.plan.row.values.get(column)
        if ours is None or ours.value is None or paper is None or self.not_comparable:
            return None
        return ours.value - paper

    def to_json(self, columns: Sequence[str]) -> dict[str, Any]:
        """Return the row of the document."""
        row, plan = self.plan.row, self.plan
        return {
            "row": row.number,
            "label": row.label,
            "system": row.system,
            "models": [_model_json(choice) for choice in plan.models],
            "benchmark": plan.benchmark,
            "judge": None if plan.judge is None else hide_credentials(plan.judge),
            "state": self.state,
            "reason": self.reason,
            "note": row.note,
            "paper": {name: row.values.get(name) for name in columns},
            "ours": {name: asdict(figure) for name, figure in self.ours.items()},
            "difference": {name: self.difference(name) for name in columns},
            "not_comparable": list(self.not_comparable),
            "folder": str(plan.folder),
            "steps": [
                {**step.to_json(), "finished": step.key in self.finished} for step in plan.steps
            ],
            "cost": self.cost.to_json(),
        }


def _model_json(choice: Choice) -> dict[str, Any]:
    return {
        "paper": choice.paper,
        "model": hide_credentials(choice.model),
        "given": choice.is_given,
        "is_papers": choice.is_papers,
    }


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
    def has_stand_ins(self) -> bool:
        """Whether an embedded model answers in a row."""
        return any(choice.is_embedded for row in self.rows for choice in row.plan.models)

    @property
    def notes(self) -> list[str]:
        """What a reader must know of the rows, in sentences."""
        noted: dict[str, list[int]] = {}
        why: dict[str, list[int]] = {}
        for row in self.rows:
            if row.plan.row.note:
                noted.setdefault(row.plan.row.note, []).append(row.plan.row.number)
            for reason in row.not_comparable:
                why.setdefault(reason, []).append(row.plan.row.number)
        found = [
            f"{rows_in_words(numbers, len(self.rows))}: {note}" for note, numbers in noted.items()
        ]
        return found + [
            f"{rows_in_words(numbers, len(self.rows))}: no difference is shown, because {reason}."
            for reason, numbers in why.items()
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
        numbers = [f"{COLUMNS[name]}, {what}" for name in columns for what in ("paper", "ours")]
        return html_table(
            ["Row", "State"],
            [self._html_row(row) for row in self.rows],
            numbers=numbers,
            caption=f"Table {self.table.number}: {self.table.title}",
            notes=self.notes,
        )

    def _html_row(self, row: ReproducedRow) -> list[str | None]:
        cells: list[str | None] = [row.plan.row.label, row.state.replace("_", " ")]
        for name in self.table.columns:
            ours = row.ours.get(name)
            cells.append(shown_value(name, row.plan.row.values.get(name)))
            cells.append(shown_value(name, None if ours is None else ours.value))
        return cells


def rows_in_words(numbers: Sequence[int], of: int | None = None) -> str:
    """Return the rows with these numbers in words; those of a table of `of` rows are "every"."""
    if len(numbers) == of and len(numbers) > 1:
        return "Every row"
    if len(numbers) == 1:
        return f"Row {numbers[0]}"
    *first, last = map(str, numbers)
    return f"Rows {', '.join(first)} and {last}"


def shown_value(column: str, value: float | None) -> str | None:
    """Return a figure with the digits of the paper's, and more if it is small; None stays None."""
    if value is None:
        return None
    if value and abs(value) < _SMALL:
        return f"{value:.2g}"
    return f"{value:,.{_DIGITS.get(column, 2)}f}"
