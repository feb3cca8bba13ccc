"""The result of a comparison, as a data frame, a figure, and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import OutputError
from locomo_vqa.files import write_json, write_text
from locomo_vqa.html_table import html_table
from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.statistics.paired import PairedDifference

from .believable import believable_sentence
from .metric_comparison import MetricComparison
from .overview import Overview, make_overview
from .page import comparison_page
from .sides import Side

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Comparison", "check_comparison_folder"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison:
    """The differences between systems and a baseline."""

    dataset: Mapping[str, str]
    """Name, revision and split of the data."""
    sides: Sequence[Side]
    """The compared systems, the baseline first."""
    metrics: Sequence[MetricComparison]
    """One entry per metric and system, sorted by metric, then by system."""
    not_compared: Mapping[str, str]
    """Why a metric isn't compared, by its name."""
    notes: Sequence[str]
    """Warnings for the reader, as sentences."""

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with one row for each metric, system and group of questions.

        Columns: metric, system, baseline (the two names), group (`all questions`, a category or a
        question type), n, baseline_value, value, difference, low and high (of its 95 % interval),
        p, p_holm, believable (the smallest difference to believe, for all questions only). Values
        that can't be computed are None.
        """
        import pandas as pd

        return pd.DataFrame([row for one in self.metrics for row in self._rows(one)])

    def plot(self, path: str | Path | None = None) -> Figure:
        """Plot the differences with their intervals, and write the plot if a path is given.

        Args:
            path: a file whose name ends in .svg or .png; if None, nothing is written.

        Returns:
            The matplotlib figure, which a notebook shows.

        Raises:
            OutputError: the file has another ending, or can't be written.
        """
        from .figures import write_figure
        from .forest_plot import draw_forest

        figure = draw_forest(self.dataset, self.sides, self.metrics)
        if path is not None:
            write_figure(figure, Path(path))
        return figure

    def overview(self) -> Overview:
        """Return every system's value in every metric, on the questions that are compared."""
        return make_overview([side.name for side in self.sides], self.metrics)

    @property
    def incomplete(self) -> bool:
        """Whether answers are missing or failed on any side."""
        return any(side.failed or side.document["rows"]["missing"] for side in self.sides)

    def write(self, folder: str | Path) -> list[Path]:
        """Write comparison.json, .png and .html into a folder, and return their paths.

        Raises:
            OutputError: the folder is a benchmark or a run, or can't be written.
        """
        place = Path(folder)
        check_comparison_folder(place)
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{place}: the folder can't be created ({error.strerror}).", "Choose another `out`."
            ) from None
        write_json(place / "comparison.json", self.to_json())
        self.plot(place / "comparison.png")
        write_text(place / "comparison.html", self._page())
        return [place / f"comparison.{ending}" for ending in ("json", "png", "html")]

    def _page(self) -> str:
        reasons = [
            f"{metric_title(name)} is not compared. {reason}"
            for name, reason in self.not_compared.items()
        ]
        return comparison_page(
            dataset=self.dataset,
            names=[side.name for side in self.sides],
            metrics=self.metrics,
            notes=[*self.notes, *reasons],
            plot=self.plot(),
        )

    def _repr_html_(self) -> str:
        rows = [
            [
                one.title,
                row["system"],
                row["group"],
                f"{row['n']:,}",
                *(_shown(row[name], row["metric"]) for name in _VALUES),
                None if row["p"] is None else f"{row['p']:.3f}",
            ]
            for one in self.metrics
            for row in self._rows(one)
        ]
        return html_table(
            ["Metric", "System", "Questions"],
            rows,
            numbers=["n", "baseline", "system", "difference", "low", "high", "p"],
            caption=f"Differences from {self.sides[0].name}, 95 % intervals over conversations",
            notes=[
                *self.notes,
                *(
                    f"{one.title}, {self.sides[one.other].name}: {believable_sentence(one)}"
                    for one in self.metrics
                ),
            ],
        )

    def __repr__(self) -> str:
        names = " and ".join(side.name for side in self.sides[1:])
        metrics = ", ".join(dict.fromkeys(one.metric for one in self.metrics))
        return f"<Comparison of {names} with {self.sides[0].name} by {metrics}>"

    def _rows(self, one: MetricComparison) -> list[dict[str, Any]]:
        groups: list[tuple[str, PairedDifference, float | None]] = [
            ("all questions", one.overall, None),
            *((name, group.result, group.p_holm) for name, group in one.groups.items()),
        ]
        return [
            {
                "metric": one.metric,
                "system": self.sides[one.other].name,
                "baseline": self.sides[0].name,
                "group": group,
                "n": result.questions,
                "baseline_value": result.baseline,
                "value": result.other,
                "difference": result.difference,
                "low": result.interval.low if result.interval else None,
                "high": result.interval.high if result.interval else None,
                "p": result.p,
                "p_holm": p_holm,
                "believable": one.believable.value if result is one.overall else None,
            }
            for group, result, p_holm in groups
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the content of comparison.json."""
        return {
            "schema_version": 1,
            "kind": "comparison",
            "dataset": dict(self.dataset),
            "systems": [
                {
                    "name": side.name,
                    "source": side.document["source"],
                    "rows": side.document["rows"],
                    "failed": side.failed,
                    "answer_length": side.document["answer_length"],
                }
                for side in self.sides
            ],
            "comparisons": [asdict(comparison) for comparison in self.metrics],
            "not_compared": dict(self.not_compared),
            "notes": list(self.notes),
        }


def check_comparison_folder(folder: Path) -> None:
    """Check, before anything is computed, that a comparison may be written into a folder.

    Raises:
        OutputError: the folder is a benchmark or a run.
    """
    for name in ("benchmark.json", "run.json"):
        if (folder / name).exists():
            raise OutputError(f"{folder}: contains a {name}.", "Choose another `out`.")


_VALUES = ("baseline_value", "value", "difference", "low", "high")


def _shown(value: float | None, metric: str) -> str | None:
    return None if value is None else f"{value:.{1 if METRICS[metric].scale == 100 else 4}f}"
