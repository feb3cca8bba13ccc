"""A row of a reproduction: the paper's figures, ours, and what the row costs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from locomo_vqa.models.names import hide_credentials

from .choices import Choice
from .cost import Cost
from .paper import COLUMNS
from .row_plan import RowPlan

__all__ = ["Figure", "ReproducedRow", "RowState"]

RowState = Literal["filled", "partly", "failed", "not_run"]
"""The outcome of a row:

filled    it has every figure of the table
partly    it ran, and some figures are not known, or some questions failed
failed    it ran, and ended with an error
not_run   it was not run
"""


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
    other_measures: Mapping[str, str] = field(default_factory=dict)
    """Why a column does not measure what the paper's does, by column."""
    finished: Collection[str] = frozenset()
    """The keys of the steps that were made whole; they cost nothing again."""

    @property
    def left(self) -> Cost:
        """What the steps that are not finished cost at most."""
        return Cost(parts=[part for part in self.cost.parts if part.step not in self.finished])

    def difference(self, column: str) -> float | None:
        """Return our figure minus the paper's; None if one is missing or they don't compare."""
        ours, paper = self.ours.get(column), self.plan.row.values.get(column)
        if ours is None or ours.value is None or paper is None:
            return None
        if self.not_comparable or column in self.other_measures:
            return None
        return ours.value - paper

    @property
    def without_difference(self) -> list[str]:
        """Why it shows no difference from the paper's figures, or not of all, in sentences."""
        if self.not_comparable:
            return [f"no difference is shown, because {each}." for each in self.not_comparable]
        return [
            f"no difference of {COLUMNS[name]} is shown, because {reason}."
            for name, reason in self.other_measures.items()
            if name in self.ours
        ]

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
            "other_measures": dict(self.other_measures),
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
