"""The result of `frontier`, as a table, a figure and JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.cost_axes import AXES
from locomo_vqa.html_table import html_table

from .compared_runs import ComparedRuns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Frontier"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Frontier(ComparedRuns):
    """Runs by score and cost, and which of them others dominate."""

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
