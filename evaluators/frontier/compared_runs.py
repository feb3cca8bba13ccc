"""Runs with their scores and costs, and what each is among the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.cost_axes import CostAxis
from locomo_vqa.metric_names import metric_title
from locomo_vqa.scores import Interval

from .dominance import Dominance, Verdict, verdict_of

__all__ = ["ComparedRuns", "FrontierRun"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierRun:
    """A run with its score and its cost."""

    name: str
    """The system's name, with what sets it apart from the other runs."""
    system: str
    """The system that it is an operating point of."""
    point: str
    """What sets it apart from the system's other points, such as `256` for its budget."""
    folder: str
    """The run folder's name."""
    context: int | None
    """Its context budget in tokens; None: no limit."""
    kept: bool | None
    """Whether the budget was kept; None: no limit, or not known."""
    tokenizer: str | None
    """What counted the tokens."""
    score: float
    """The metric's value."""
    interval: Interval | None
    """Its interval over conversations."""
    cost: float
    """What is on the horizontal axis."""
    cost_interval: Interval | None
    """Its interval over conversations; None where only a total is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRuns:
    """Runs by score and cost, and which of them others dominate."""

    dataset: Mapping[str, str]
    """Name, revision and split of the data."""
    metric: str
    """The metric's name."""
    signature: str
    """The metric with all its parameters."""
    scale: float
    """The value of a perfect answer."""
    x: CostAxis
    """What the cost is."""
    runs: Sequence[FrontierRun]
    """The runs in the order given."""
    dominances: Sequence[Dominance]
    """Every pair of a dominated run and one that dominates it; runs by their place in `runs`."""
    notes: Sequence[str]
    """Warnings for the reader, as sentences."""

    @property
    def title(self) -> str:
        """The metric's name in tables and figures."""
        return metric_title(self.metric, self.signature)

    def verdict(self, place: int) -> Verdict:
        """Return what the run at a place is: on the frontier, or dominated."""
        return verdict_of(place, self.dominances)

    def strongest(self, place: int) -> Dominance | None:
        """Return the pair that says most about a dominated run; None for one on the frontier."""
        mine = [one for one in self.dominances if one.run == place]
        best = [one for one in mine if one.is_certain] or mine
        return max(best, key=lambda one: one.difference, default=None)
