"""Plots the selection with matplotlib: a bar for each question type."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.files import new_file

from .choice import TypeResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_error_rates"]

_CHOSEN, _OTHER = "#0072B2", "#999999"
"""Two colours that colour-blind readers can distinguish (M. Okabe and K. Ito, 2008)."""
_INK = "#767676"
"""A grey with a contrast of 4.5 on both white and black, since the background is transparent."""
_STYLE: Any = {
    "font.size": 10,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "locomo-vqa",
}


def plot_error_rates(results: Sequence[TypeResult], title: str, path: Path) -> None:
    """Draw the error rates with their 95 % intervals, hardest type first; chosen ones are blue.

    The extension of `path` sets the format: `.svg` or `.png`.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=(8, 1.2 + 0.4 * len(results)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for row, result in enumerate(results):
            _draw(axes, row, result)
        axes.set_title(title, loc="left")
        axes.set_yticks(range(len(results)), [result.type for result in results])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.18)
        axes.set_xticks([tenth / 10 for tenth in range(0, 11, 2)])
        axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        label = "Error rate, with its 95 % interval. Blue: chosen"
        if any(result.agreed is not None for result in results):
            label += ". Diamond: among agreed questions"
        axes.set_xlabel(label)
        axes.spines[["top", "right"]].set_visible(False)
        date = {"Date": None} if path.suffix == ".svg" else {}
        with new_file(path) as target:
            kind = path.suffix.removeprefix(".")
            figure.savefig(target, format=kind, dpi=150, transparent=True, metadata=date)


def _draw(axes: Axes, row: int, result: TypeResult) -> None:
    if result.error_rate is None or result.low is None or result.high is None:
        axes.text(0.01, row, "no questions", va="center")
        return
    axes.barh(row, result.error_rate, height=0.6, color=_CHOSEN if result.selected else _OTHER)
    axes.plot([result.low, result.high], [row, row], color=_INK, marker="|", linewidth=1.5)
    if result.agreed is not None and result.agreed.error_rate is not None:
        axes.plot([result.agreed.error_rate], [row], color=_INK, marker="D", markerfacecolor="none")
    axes.text(1.02, row, f"{result.error_rate:.0%} of {result.n}", va="center")
