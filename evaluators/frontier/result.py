"""The result of `frontier`, as a table, a figure and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.html_table import html_table
from locomo_vqa.metric_names import metric_title
from locomo_vqa.scores import Interval

from .costs import AXES, CostAxis
from .dominance import Dominance, Verdict, verdict_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Frontier", "FrontierRun"]


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


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Frontier:
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

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with a row for each run.

        Columns: run, system, context, kept, score, low, high, cost, cost_low, cost_high, verdict,
        dominated_by (a name, or None), difference, p, p_holm.
        """
        import pandas as pd

        return pd.DataFrame([self._row(place) for place in range(len(self.runs))])

    def plot(self, path: str | Path | None = None) -> Figure:
        """Plot score against cost, and write the plot if a path is given.

        Args:
            path: a file whose name ends in .svg or .png; if None, nothing is written.

        Raises:
            OutputError: the file has another ending, or can't be written.
        """
        from ..comparing.figures import write_figure
        from .plot import draw_frontier

        figure = draw_frontier(self)
        if path is not None:
            write_figure(figure, Path(path))
        return figure

    def to_json(self) -> dict[str, Any]:
        """Return a document that is valid against the schema `frontier`."""
        return {
            "schema_version": 1,
            "kind": "frontier",
            "dataset": dict(self.dataset),
            "metric": self.metric,
            "signature": self.signature,
            "scale": self.scale,
            "x": self.x,
            "runs": [
                {**asdict(run), "verdict": self.verdict(place), "dominated_by": self._pairs(place)}
                for place, run in enumerate(self.runs)
            ],
            "notes": list(self.notes),
        }

    def _pairs(self, place: int) -> list[dict[str, Any]]:
        return [
            {
                "name": self.runs[one.by].name,
                "difference": one.difference,
                "p": one.p,
                "p_holm": one.p_holm,
            }
            for one in self.dominances
            if one.run == place
        ]

    def _row(self, place: int) -> dict[str, Any]:
        run, pair = self.runs[place], self.strongest(place)
        score, cost = run.interval, run.cost_interval
        return {
            "run": run.name,
            "system": run.system,
            "context": run.context,
            "kept": run.kept,
            "score": run.score,
            "low": score.low if score else None,
            "high": score.high if score else None,
            "cost": run.cost,
            "cost_low": cost.low if cost else None,
            "cost_high": cost.high if cost else None,
            "verdict": self.verdict(place),
            "dominated_by": self.runs[pair.by].name if pair else None,
            "difference": pair.difference if pair else None,
            "p": pair.p if pair else None,
            "p_holm": pair.p_holm if pair else None,
        }

    def __repr__(self) -> str:
        return f"<Frontier of {len(self.runs)} runs by {self.metric} and {self.x}>"

    def _repr_html_(self) -> str:
        digits = 1 if self.scale == 100 else 3
        rows = [
            [
                row["run"],
                row["verdict"],
                row["dominated_by"],
                f"{row['score']:.{digits}f}",
                f"{row['cost']:,.4g}",
            ]
            for row in (self._row(place) for place in range(len(self.runs)))
        ]
        return html_table(
            ["Run", "Verdict", "Dominated by"],
            rows,
            numbers=[self.title, AXES[self.x]],
            notes=self.notes,
        )
