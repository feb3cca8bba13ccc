"""Plots the rows of a stage table: a point with its interval for each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.files import new_file
from locomo_vqa.metric_names import metric_title

if TYPE_CHECKING:
    from ...scoring import ScoreReport

__all__ = ["plot_stages"]

_COLOURS = {"base": "#767676", "large": "#D55E00", "expert": "#0072B2"}
"""Colours that colour-blind readers distinguish (M. Okabe and K. Ito, 2008)."""


def plot_stages(
    rows: Sequence[tuple[Sequence[str], ScoreReport]],
    metrics: Sequence[str],
    path: Path,
    *,
    by_rules: bool = False,
) -> None:
    """Write an SVG file with a panel for each metric.

    Args:
        rows: what answers in each stage (`base`, `large` or `expert`), and the scores.
        metrics: the names of the metrics.
        path: the file, which is replaced.
        by_rules: whether J is by rules, which its title then says.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: Any = {"svg.fonttype": "none", "svg.hashsalt": "locomo-vqa", "font.size": 9}
    with rc_context(style):
        size = (3.2 + 3.4 * max(1, len(metrics)), 1.4 + 0.32 * len(rows))
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(1, max(1, len(metrics)), sharey=True, squeeze=False)[0]
        for panel, metric in zip(panels, metrics, strict=False):
            _draw(panel, rows, metric)
            mark = " (by rules)" if by_rules and metric == "j" else ""
            panel.set_title(f"{metric_title(metric)}{mark}")
        labels = [" + ".join(stages) for stages, _ in rows]
        panels[0].set_yticks(range(len(rows)), labels)
        panels[0].invert_yaxis()
        with new_file(path) as part:
            figure.savefig(part, format="svg", metadata={"Date": None})


def _draw(panel: Any, rows: Sequence[tuple[Sequence[str], ScoreReport]], metric: str) -> None:
    for place, (stages, report) in enumerate(rows):
        scores = report[metric]
        if scores.value is None:
            continue
        kind = next((kind for kind in stages if kind != "base"), "base")
        if scores.interval is not None:
            reach = [scores.interval.low, scores.interval.high]
            panel.plot(reach, [place, place], color=_COLOURS[kind], lw=2, alpha=0.5)
        panel.plot([scores.value], [place], color=_COLOURS[kind], marker="o")
    panel.grid(axis="x", alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
