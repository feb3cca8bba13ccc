"""Draws score against cost: a point for each run, a line for each system."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from locomo_vqa.cost_axes import AXES
from locomo_vqa.text import counted

from ..comparing.figures import COLOURS, FAINT, GRID, INK, MARKERS, STYLE, new_figure, short
from .compared_runs import ComparedRuns, FrontierRun
from .dominance import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_frontier"]

_WIDTH, _HEIGHT, _LINE = 9.0, 5.2, 0.24  # inches
_FILLS: dict[Verdict, str] = {"frontier": "full", "within_noise": "left", "dominated": "none"}
_KEY: dict[Verdict, str] = {
    "frontier": "on the frontier",
    "within_noise": "dominated, but within noise",
    "dominated": "dominated",
}
_WIDE = 8.0
"""Costs whose largest is this many times the smallest have a logarithmic axis."""


def draw_frontier(frontier: ComparedRuns) -> Figure:
    """Draw the runs with their intervals; the dashed line is the best score for the cost.

    How much of a marker is filled says whether its run is dominated, its shape and colour which
    system it is. The background is white, so the figure can be read on a dark page.
    """
    import matplotlib

    systems = list(dict.fromkeys(run.system for run in frontier.runs))
    lines = len(systems) + len({frontier.verdict(place) for place in range(len(frontier.runs))})
    with matplotlib.rc_context(STYLE):
        height = _HEIGHT + _LINE * max(0, lines - 12)
        figure = new_figure((_WIDTH, height))
        axes = figure.add_axes((0.085, 0.115, 0.615, 0.745))
        _draw_head(figure, frontier)
        _prepare(axes, frontier)
        _draw_best(axes, frontier)
        for number, system in enumerate(systems):
            _draw_system(axes, frontier, system, number)
        _draw_key(axes, frontier, systems)
    return figure


def _draw_head(figure: Figure, frontier: ComparedRuns) -> None:
    data = frontier.dataset
    intervals = [run.interval for run in frontier.runs if run.interval]
    clusters = counted(max(one.clusters for one in intervals), "conversation") if intervals else ""
    bars = f"; bars: 95 % intervals over {clusters}" if intervals else ""
    title = f"{frontier.title} against {AXES[frontier.x]}"
    figure.text(0.03, 0.955, title, size=14, va="center")
    figure.text(0.03, 0.9, f"{data['id']}, split {data['split']}{bars}", color=FAINT, va="center")


def _prepare(axes: Axes, frontier: ComparedRuns) -> None:
    costs = [run.cost for run in frontier.runs]
    smallest = min((cost for cost in costs if cost > 0), default=0.0)
    if smallest and max(costs) >= _WIDE * smallest:
        if min(costs) > 0:
            axes.set_xscale("log")
        else:
            axes.set_xscale("symlog", linthresh=smallest, linscale=0.5)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    axes.minorticks_off()
    axes.grid(color=GRID, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.set_xlabel(AXES[frontier.x], color=INK)
    axes.set_ylabel(frontier.title, color=INK)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.margins(x=0.1, y=0.08)


def _draw_best(axes: Axes, frontier: ComparedRuns) -> None:
    """Draw the best score that each cost buys, as steps between the runs on the frontier."""
    best = sorted(
        (run.cost, run.score)
        for place, run in enumerate(frontier.runs)
        if frontier.verdict(place) == "frontier"
    )
    best.append((max(run.cost for run in frontier.runs), best[-1][1]))
    costs, scores = zip(*best, strict=True)
    axes.plot(
        costs,
        scores,
        drawstyle="steps-post",
        color=FAINT,
        linewidth=1.1,
        linestyle=(0, (4, 3)),
        zorder=1,
    )


def _draw_system(axes: Axes, frontier: ComparedRuns, system: str, number: int) -> None:
    places = [place for place, run in enumerate(frontier.runs) if run.system == system]
    places.sort(key=lambda place: frontier.runs[place].cost)
    runs = [frontier.runs[place] for place in places]
    colour = COLOURS[number % len(COLOURS)]
    axes.plot(
        [run.cost for run in runs],
        [run.score for run in runs],
        color=colour,
        linewidth=1.6,
        zorder=2,
    )
    for place, run in zip(places, runs, strict=True):
        _draw_intervals(axes, run, colour)
        style = _style(number, frontier.verdict(place))
        axes.plot(run.cost, run.score, markersize=9, zorder=4, **style)
        if len(runs) > 1 or run.context is not None:
            text = f"{run.point} (over)" if run.kept is False else run.point
            axes.annotate(
                text, (run.cost, run.score), (7, 7), textcoords="offset points", size=9, zorder=5
            )


def _draw_intervals(axes: Axes, run: FrontierRun, colour: str) -> None:
    bar: dict[str, Any] = {"color": colour, "linewidth": 1.0, "alpha": 0.55, "zorder": 3}
    if run.interval is not None:
        axes.plot([run.cost, run.cost], [run.interval.low, run.interval.high], **bar)
    if run.cost_interval is not None:
        low = max(run.cost_interval.low, 0 if run.cost == 0 else run.cost / 10)
        axes.plot([low, run.cost_interval.high], [run.score, run.score], **bar)


def _draw_key(axes: Axes, frontier: ComparedRuns, systems: Sequence[str]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], markersize=8, label=short(system, 34), **_style(number, "frontier"))
        for number, system in enumerate(systems)
    ]
    found = {frontier.verdict(place) for place in range(len(frontier.runs))}
    handles += [
        Line2D([], [], markersize=8, label=words, **_mark(FAINT, "o", verdict))
        for verdict, words in _KEY.items()
        if verdict in found
    ]
    handles.append(
        Line2D([], [], color=FAINT, linestyle=(0, (4, 3)), label="best score for the cost")
    )
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.02, 1.0),
        frameon=False,
        borderaxespad=0,
        fontsize=9,
        labelspacing=0.8,
    )


def _style(number: int, verdict: Verdict) -> dict[str, Any]:
    return _mark(COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)], verdict)


def _mark(colour: str, marker: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "color": colour,
        "marker": marker,
        "fillstyle": _FILLS[verdict],
        "markerfacecoloralt": "white",
        "markeredgewidth": 1.5,
        "linestyle": "none",
    }
