"""The first table of a comparison: every system's value in every metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.metric_names import METRICS

from .metric_comparison import MetricComparison

__all__ = ["Overview", "OverviewRow", "make_overview"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewRow:
    """One system's values on the compared questions."""

    system: str
    """The system's name."""
    values: Mapping[str, float]
    """Its mean by metric; a metric that it can't be compared in is missing."""
    starred: frozenset[str]
    """The metrics in which the interval of its difference from the baseline excludes 0."""

    def cell(self, metric: str) -> str:
        """Return the value as it is printed, with a star if it differs from the baseline."""
        value = self.values.get(metric)
        if value is None:
            return "–"
        digits = 1 if METRICS[metric].scale == 100 else 4
        return f"{'*' if metric in self.starred else ''}{value:.{digits}f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Systems by metrics."""

    metrics: tuple[str, ...]
    """The columns: metrics that at least two systems are compared in."""
    titles: tuple[str, ...]
    """Their headings."""
    rows: tuple[OverviewRow, ...]
    """The baseline, then the other systems, in their order."""


def make_overview(names: Sequence[str], metrics: Sequence[MetricComparison]) -> Overview:
    """Return the overview of a comparison of systems with these names, the baseline first."""
    values: list[dict[str, float]] = [{} for _ in names]
    starred: list[set[str]] = [set() for _ in names]
    titles = {one.metric: one.title for one in metrics}
    for one in metrics:
        values[0].setdefault(one.metric, one.overall.baseline)
        values[one.other][one.metric] = one.overall.other
        interval = one.overall.interval
        if interval is not None and not interval.low <= 0 <= interval.high:
            starred[one.other].add(one.metric)
    return Overview(
        metrics=tuple(titles),
        titles=tuple(titles.values()),
        rows=tuple(
            OverviewRow(system=name, values=found, starred=frozenset(marks))
            for name, found, marks in zip(names, values, starred, strict=True)
        ),
    )
