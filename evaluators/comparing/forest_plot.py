"""Draws a forest plot of differences with their intervals, for SVG or PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from locomo_vqa.scores import FEW_CONVERSATIONS
from locomo_vqa.statistics.paired import PairedDifference
from locomo_vqa.text import counted

from .figures import COLOURS, FAINT, GRID, MARKERS, STYLE, new_figure, short
from .metric_comparison import MetricComparison
from .sides import Side

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_forest"]

_ROW, _PANEL, _HEAD = 0.3, 0.95, 0.85  # inches
_WIDTH = 10.8

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

    panels = _panels(metrics)
    others = sides[1:]
    heights = [_PANEL + _ROW * sum(len(results) for _, results in rows) for _, rows in panels]
    with matplotlib.rc_context(STYLE):
        head = _HEAD + 0.22 * len(others)
        size = (_WIDTH, head + sum(heights))
        figure = new_figure(size)
        _draw_head(figure, _caption(dataset, metrics), sides, head / size[1])
        top = 1 - head / size[1]
        for (first, rows), height in zip(panels, heights, strict=True):
            share = height / size[1]
            bottom = top - share + 0.6 / size[1]
            axes = figure.add_axes((0.17, bottom, 0.5, top - bottom - 0.05 / size[1]))
            _draw_panel(axes, first, rows)
            top -= share
    return figure


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
    title = f"Difference from {short(sides[0].name)}"
    figure.text(x, 1 - line, title, size=14, va="center")
    figure.text(x, 1 - 2 * line, caption, color=FAINT, va="center")
    for place, side in enumerate(sides[1:], 1):
        y = 1 - (2 + place) * line
        marker = Line2D(
            [x + 0.006], [y], markersize=8, transform=figure.transFigure, **_style(place)
        )
        figure.add_artist(marker)
        figure.text(x + 0.02, y, short(side.name), va="center")


def _draw_panel(axes: Axes, first: MetricComparison, rows: Sequence[PlotRow]) -> None:
    low, high = _limits([result for _, results in rows for _, result in results], first.scale)
    axes.set_xlim(low, high)
    axes.axvline(0, color=FAINT, linewidth=1.2, zorder=1)
    axes.grid(axis="x", color=GRID, linewidth=0.8, zorder=0)
    axes.set_title(first.title, loc="left", size=12)
    axes.set_xlabel("\u2190 baseline better    other better \u2192", color=FAINT, size=9)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    labels, places, y = [], [], 0.0
    for number, (label, results) in enumerate(rows):
        labels.append(short(label, 24))
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
    number = (place - 1) % len(COLOURS)
    return {"color": COLOURS[number], "marker": MARKERS[number], "linestyle": "none"}
