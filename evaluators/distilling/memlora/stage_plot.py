"""Plots the rows of a stage table: a point with its interval for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.files import new_file
from locomo_vqa.metric_names import metric_title

if TYPE_CHECKING:
    from .stage_table import StageTable

__all__ = ["plot_stages"]

_COLOURS = {"base": "#767676", "large": "#D55E00", "expert": "#0072B2"}
"""Colours that colour-blind readers distinguish (M. Okabe and K. Ito, 2008)."""


def plot_stages(table: StageTable, path: Path) -> None:
    """Write an SVG file with a panel for each metric."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: Any = {"svg.fonttype": "none", "svg.hashsalt": "locomo-vqa", "font.size": 9}
    metrics = table.metrics
    with rc_context(style):
        size = (3.2 + 3.4 * max(1, len(metrics)), 1.4 + 0.32 * len(table.rows))
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(1, max(1, len(metrics)), sharey=True, squeeze=False)[0]
        for panel, metric in zip(panels, metrics, strict=False):
            _draw(panel, table, metric)
        labels = [_label(row.stages) for row in table.rows]
        panels[0].set_yticks(range(len(table.rows)), labels)
        panels[0].invert_yaxis()
        with new_file(path) as part:
            figure.savefig(part, format="svg", metadata={"Date": None})


def _draw(panel: Any, table: StageTable, metric: str) -> None:
    for place, row in enumerate(table.rows):
        scores = row.report[metric]
        if scores.value is None:
            continue
        kind = next((kind for kind in row.stages.values() if kind != "base"), "base")
        if scores.interval is not None:
            panel.plot(scores.interval, [place, place], color=_COLOURS[kind], lw=2, alpha=0.5)
        panel.plot([scores.value], [place], color=_COLOURS[kind], marker="o")
    panel.set_title(metric_title(metric))
    panel.grid(axis="x", alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)


def _label(stages: Any) -> str:
    """Return a row's label, such as `expert + expert + base`."""
    return " + ".join(stages.values())
