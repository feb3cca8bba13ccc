"""The style of figures, and how they are written as SVG or PNG."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import OutputError
from locomo_vqa.files import new_file
from locomo_vqa.text import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "FAINT",
    "GRID",
    "INK",
    "MARKERS",
    "PLOT_ENDINGS",
    "STYLE",
    "check_plot_place",
    "new_figure",
    "short",
    "write_figure",
]

PLOT_ENDINGS = (".svg", ".png")
"""The file name extensions that a plot can have."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""The colour-blind-safe palette of M. Okabe and K. Ito."""
MARKERS = ("D", "o", "s", "^", "v", "P")
INK, FAINT, GRID = "#1b1f27", "#5d656e", "#dfe3e8"
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "locomo-vqa",
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "xtick.color": FAINT,
    "ytick.color": INK,
}
_DPI = 100


def new_figure(size: tuple[float, float]) -> Figure:
    """Return an empty figure of a size in inches, which a notebook shows with any backend.

    Its background is white, so that it can be read on a dark page.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class ShownFigure(Figure):
        """A figure that a notebook shows with any backend."""

        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            _save(self, buffer, "png")
            return buffer.getvalue()

    figure = ShownFigure(figsize=size, dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
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
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(target, format=kind, metadata=metadata)


def short(text: str, most: int = 60) -> str:
    """Return a text for a figure: on one line, and with an ellipsis if it is long."""
    shown = printable(text).replace("\n", " ")
    return shown if len(shown) <= most else f"{shown[: most - 1]}\u2026"
