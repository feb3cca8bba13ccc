"""Draws a forest plot of differences with their intervals, as SVG or PNG."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import OutputError
from locomo_vqa.files import new_file
from locomo_vqa.scores import FEW_CONVERSATIONS
from locomo_vqa.statistics.paired import PairedDifference
from locomo_vqa.text import counted, printable

from .metric_comparison import MetricComparison
from .sides import Side

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PLOT_ENDINGS", "check_plot_place", "draw_forest", "write_figure"]

PLOT_ENDINGS = (".svg", ".png")
"""The file name extensions that a plot can have."""

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""The colour-blind-safe palette of M. Okabe and K. Ito."""
_MARKERS = ("D", "o", "s", "^", "v", "P")
_INK, _FAINT, _GRID = "#1b1f27", "#5d656e", "#dfe3e8"
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "locomo-vqa",
    "text.parse_math": False,
    "text.color": _INK,
    "axes.edgecolor": _GRID,
    "xtick.color": _FAINT,
    "ytick.color": _INK,
}
_ROW, _PANEL, _HEAD = 0.3, 0.95, 0.85  # inches
_WIDTH, _DPI = 10.8, 100

PlotRow = tuple[str, list[tuple[int, PairedDifference]]]
"""A label, and each system's index and difference."""


def draw_forest(
    dataset: Mapping[str, str], sides: Sequence[Side], metrics: Sequence[MetricComparison]
) -> Figure:
    """Draw a panel for each metric: all questions first, then each category or question type.

    With fewer than six conversations, each conversation's difference is a ring on the row. An
    interval that extends beyond the panel ends in an arrowhead. The background is white, so the
    figure can be read on a dark page.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class ForestPlot(Figure):
        """A figure that a notebook shows with any backend."""

        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            _save(self, buffer, "png")
            return buffer.getvalue()

    panels = _panels(metrics)
    others = sides[1:]
    heights = [_PANEL + _ROW * sum(len(results) for _, results in rows) for _, rows in panels]
    with matplotlib.rc_context(_STYLE):
        head = _HEAD + 0.22 * len(others)
        size = (_WIDTH, head + sum(heights))
        figure = ForestPlot(figsize=size, dpi=_DPI, facecolor="white")
        FigureCanvasAgg(figure)
        _draw_head(figure, _caption(dataset, metrics), sides, head / size[1])
        top = 1 - head / size[1]
        for (first, rows), height in zip(panels, heights, strict=True):
            share = height / size[1]
            bottom = top - share + 0.6 / size[1]
            axes = figure.add_axes((0.17, bottom, 0.5, top - bottom - 0.05 / size[1]))
            _draw_panel(axes, first, rows)
            top -= share
    return figure


def check_plot_place(path: Path) -> None:
    """Check, before anything is computed, that a plot may be written to `path`.

    Raises:
        OutputError: the file's extension is not in `PLOT_ENDINGS`, or its folder doesn't exist.
    """
    if path.suffix.lower() not in PLOT_ENDINGS:
        raise OutputError(
            f"{path}: a plot must be an SVG or PNG file.",
            "Use a file name that ends in .svg or .png.",
        )
    if not path.parent.is_dir():
        raise OutputError(f"{path}: its folder does not exist.", "Create the folder first.")


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure atomically as SVG or PNG; the same figure gives the same bytes.

    Raises:
        OutputError: the file has another ending, or can't be written.
    """
    check_plot_place(path)
    with new_file(path) as temporary:
        _save(figure, temporary, path.suffix.lower().removeprefix("."))


def _save(figure: Figure, target: Any, kind: str) -> None:
    import matplotlib

    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(target, format=kind, metadata=metadata)


def _panels(
    metrics: Sequence[MetricComparison],
) -> list[tuple[MetricComparison, list[PlotRow]]]:
    by_metric: dict[str, list[MetricComparison]] = {}
    for one in metrics:
        by_metric.setdefault(one.metric, []).append(one)
    panels = []
    for ones in by_metric.values():
        rows: list[PlotRow] = [("all questions", [(one.other, one.overall) for one in ones])]
        for name in ones[0].groups:
            rows.append((name, [(one.other, one.groups[name].result) for one in ones]))
        panels.append((ones[0], rows))
    return panels


def _caption(dataset: Mapping[str, str], metrics: Sequence[MetricComparison]) -> str:
    clusters = metrics[0].overall.conversations
    few = "; rings: each conversation" if clusters < FEW_CONVERSATIONS else ""
    data = f"{dataset['id']}, split {dataset['split']}"
    return f"{data}; 95 % intervals over {counted(clusters, 'conversation')}{few}"


def _draw_head(figure: Figure, caption: str, sides: Sequence[Side], share: float) -> None:
    from matplotlib.lines import Line2D

    line = share / (2.6 + len(sides[1:]))
    x = 0.03
    title = f"Difference from {_short(sides[0].name)}"
    figure.text(x, 1 - line, title, size=14, va="center")
    figure.text(x, 1 - 2 * line, caption, color=_FAINT, va="center")
    for place, side in enumerate(sides[1:], 1):
        y = 1 - (2 + place) * line
        marker = Line2D(
            [x + 0.006], [y], markersize=8, transform=figure.transFigure, **_style(place)
        )
        figure.add_artist(marker)
        figure.text(x + 0.02, y, _short(side.name), va="center")


def _draw_panel(axes: Axes, first: MetricComparison, rows: Sequence[PlotRow]) -> None:
    low, high = _limits([result for _, results in rows for _, result in results], first.scale)
    axes.set_xlim(low, high)
    axes.axvline(0, color=_FAINT, linewidth=1.2, zorder=1)
    axes.grid(axis="x", color=_GRID, linewidth=0.8, zorder=0)
    axes.set_title(first.title, loc="left", size=12)
    axes.set_xlabel("\u2190 baseline better    other better \u2192", color=_FAINT, size=9)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    labels, places, y = [], [], 0.0
    for number, (label, results) in enumerate(rows):
        labels.append(_short(label, 24))
        places.append(y + (len(results) - 1) / 2)
        for place, result in results:
            _draw_row(axes, result, y, place, whole=number == 0)
            _write_row(axes, result, y, first.scale)
            y += 1
        y += 0.25
    axes.set_yticks(places, labels)
    axes.set_ylim(y - 0.5, -0.75)


def _draw_row(axes: Axes, result: PairedDifference, y: float, place: int, *, whole: bool) -> None:
    low, high = axes.get_xlim()
    style = _style(place)
    if result.interval is not None:
        ends = (result.interval.low, result.interval.high)
        shown = [min(max(end, low), high) for end in ends]
        axes.plot(shown, [y, y], color=style["color"], linewidth=2, zorder=2)
        for end, edge, inside, beyond in zip(ends, shown, "||", "<>", strict=True):
            marker = inside if low <= end <= high else beyond
            axes.plot(edge, y, marker, color=style["color"], markersize=8, clip_on=False)
    if result.conversations < FEW_CONVERSATIONS:
        each = [one.difference for one in result.by_conversation.values()]
        ring = {"markerfacecolor": "white", "color": style["color"], "linestyle": "none"}
        axes.plot(each, [y] * len(each), marker="o", markersize=6, zorder=3, **ring)
    size = 9 if whole else 7
    axes.plot(result.difference, y, markersize=size, zorder=4, clip_on=False, **style)


def _write_row(axes: Axes, result: PairedDifference, y: float, scale: float) -> None:
    digits = 1 if scale == 100 else 3
    text = f"{result.difference:+.{digits}f}"
    if result.interval is not None:
        text += f"  ({result.interval.low:+.{digits}f} to {result.interval.high:+.{digits}f})"
    if result.p is not None:
        text += f"   p {result.p:.3f}"
    across = axes.get_yaxis_transform()
    axes.text(1.03, y, text, transform=across, va="center", size=9.5)


def _limits(results: Sequence[PairedDifference], scale: float) -> tuple[float, float]:
    """Return a range that includes 0, all differences, and all intervals within the scale."""
    values = [0.0]
    for result in results:
        values.append(result.difference)
        if result.interval is not None:
            values += [max(-scale, result.interval.low), min(scale, result.interval.high)]
        if result.conversations < FEW_CONVERSATIONS:
            values += [one.difference for one in result.by_conversation.values()]
    low, high = min(values), max(values)
    margin = 0.04 * (high - low) or 0.05 * scale
    return low - margin, high + margin


def _style(place: int) -> dict[str, Any]:
    """Return the colour and marker of the system at an index, from 1."""
    number = (place - 1) % len(_COLOURS)
    return {"color": _COLOURS[number], "marker": _MARKERS[number], "linestyle": "none"}


def _short(text: str, most: int = 60) -> str:
    shown = printable(text).replace("\n", " ")
    return shown if len(shown) <= most else f"{shown[: most - 1]}\u2026"
