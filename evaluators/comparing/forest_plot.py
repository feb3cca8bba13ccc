"""A forest plot of differences with their intervals, drawn with Pillow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from locomo_vqa.errors import OutputError
from locomo_vqa.metric_names import metric_title
from locomo_vqa.scores import FEW_CONVERSATIONS

from ..statistics.paired import PairedDifference
from .comparison import Comparison, MetricComparison

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

__all__ = ["draw_forest", "ticks"]

_FINE = 2
"""Everything is drawn this much larger and then reduced, for smooth edges."""

_WIDTH, _LEFT, _RIGHT, _MARGIN = 1080, 180, 330, 24
_ROW, _GAP, _TITLE, _AXIS = 26, 10, 46, 58
_INK, _FAINT, _GRID, _ZERO = "#1b1f27", "#69717f", "#e3e7ee", "#8a93a3"
_COLOURS = ("#3b6fd4", "#c2571a", "#2c8a57", "#8546b8", "#a8324e", "#5d6470")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    """The values of a panel's left and right edge."""

    low: float
    high: float

    def x(self, value: float) -> float:
        """Return where a value lies; beyond the edges, the edge."""
        share = (value - self.low) / (self.high - self.low)
        return _LEFT + min(1.0, max(0.0, share)) * (_WIDTH - _LEFT - _RIGHT)


Row = tuple[str, list[tuple[int, PairedDifference]]]
"""A label, and the difference of each system with its place."""


def draw_forest(comparison: Comparison, path: Path) -> None:
    """Draw a panel a metric: all questions first, then each category or question type.

    With fewer than six conversations each one's own difference is a ring on the row. An interval
    that goes beyond the panel ends in an arrow head there.

    Raises:
        OutputError: the file can't be written.
    """
    from PIL import Image, ImageDraw

    panels = _panels(comparison)
    others = len(comparison.sides) - 1
    heights = [_TITLE + len(rows) * (_ROW * others + _GAP) + _AXIS for _, rows in panels]
    head = 62 + 24 * others
    size = (_WIDTH * _FINE, (head + sum(heights) + _MARGIN) * _FINE)
    picture = Image.new("RGB", size, "white")
    pen = _Pen(ImageDraw.Draw(picture))
    _draw_head(pen, comparison)
    top = head
    for (first, rows), height in zip(panels, heights, strict=True):
        _draw_panel(pen, first, rows, top)
        top += height
    small = picture.resize((size[0] // _FINE, size[1] // _FINE), Image.Resampling.LANCZOS)
    _save(small, path)


def _save(picture: object, path: Path) -> None:
    """Write the file whole or not at all."""
    from PIL import Image

    assert isinstance(picture, Image.Image)
    temporary = path.with_name(f".{path.name}.part")
    try:
        picture.save(temporary, format="PNG", optimize=True)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(
            f"{path}: can't be written ({error.strerror or error}).",
            "Choose a folder that you may write to and that has room.",
        ) from None


def _panels(comparison: Comparison) -> list[tuple[MetricComparison, list[Row]]]:
    by_metric: dict[str, list[MetricComparison]] = {}
    for one in comparison.metrics:
        by_metric.setdefault(one.metric, []).append(one)
    panels = []
    for ones in by_metric.values():
        rows: list[Row] = [("all questions", [(one.other, one.overall) for one in ones])]
        for name in ones[0].groups:
            rows.append((name, [(one.other, one.groups[name].result) for one in ones]))
        panels.append((ones[0], rows))
    return panels


class _Pen:
    """Draws in the units of the finished picture."""

    def __init__(self, draw: ImageDraw) -> None:
        self._draw = draw

    def text(
        self,
        place: tuple[float, float],
        text: str,
        *,
        size: int = 15,
        colour: str = _INK,
        anchor: str = "lm",
        room: float | None = None,
    ) -> None:
        """Write a line; what needs more than `room` ends in dots."""
        from PIL import ImageFont

        font = ImageFont.load_default(size * _FINE)
        shown = text
        while room is not None and len(shown) > 1 and font.getlength(shown) > room * _FINE:
            shown = shown.removesuffix("...")[:-1] + "..."
        self._draw.text(_fine(place), shown, colour, font, anchor=anchor)

    def line(self, *places: tuple[float, float], colour: str, width: float = 1.0) -> None:
        """Draw a line through places."""
        self._draw.line([_fine(place) for place in places], colour, round(width * _FINE))

    def shape(self, *places: tuple[float, float], colour: str) -> None:
        """Fill a polygon."""
        self._draw.polygon([_fine(place) for place in places], colour)

    def disc(self, place: tuple[float, float], radius: float, colour: str, *, ring: bool) -> None:
        """Draw a filled disc, or a ring."""
        x, y = _fine(place)
        r = radius * _FINE
        box = (x - r, y - r, x + r, y + r)
        self._draw.ellipse(box, "white" if ring else colour, colour, round(1.5 * _FINE))


def _fine(place: tuple[float, float]) -> tuple[float, float]:
    return place[0] * _FINE, place[1] * _FINE


def _draw_head(pen: _Pen, comparison: Comparison) -> None:
    sides, data = comparison.sides, comparison.dataset
    room = _WIDTH - 2 * _MARGIN
    pen.text((_MARGIN, 28), f"Difference from {sides[0].name}", size=20, room=room)
    clusters = comparison.metrics[0].overall.conversations
    few = "; rings: each conversation" if clusters < FEW_CONVERSATIONS else ""
    pen.text(
        (_MARGIN, 52),
        f"{data['id']}, split {data['split']}; 95 % intervals over {clusters} conversations{few}",
        size=14,
        colour=_FAINT,
        room=room,
    )
    for place, side in enumerate(sides[1:], 1):
        y = 52 + 24 * place
        pen.disc((_MARGIN + 6, y), 5, _colour(place), ring=False)
        pen.text((_MARGIN + 20, y), side.name, room=room - 20)


def _draw_panel(pen: _Pen, first: MetricComparison, rows: Sequence[Row], top: float) -> None:
    axis = _axis([result for _, results in rows for _, result in results], first.scale)
    start = top + _TITLE
    bottom = start + sum(_ROW * len(results) + _GAP for _, results in rows)
    pen.text((_MARGIN, top + 26), metric_title(first.metric), size=18)
    edge = _WIDTH - _RIGHT
    pen.text((edge + 24, top + 28), "difference, interval", size=13, colour=_FAINT)
    if first.overall.p is not None:
        pen.text((_WIDTH - _MARGIN, top + 28), "exact p", size=13, colour=_FAINT, anchor="rm")
    marks = ticks(axis.low, axis.high)
    for value in marks:
        x = axis.x(value)
        zero = value == 0
        pen.line((x, start), (x, bottom), colour=_ZERO if zero else _GRID, width=1.5 if zero else 1)
        pen.text((x, bottom + 14), _tick(value, marks), size=13, anchor="mm")
    pen.text((axis.x(0) - 10, bottom + 34), "baseline better", size=13, colour=_FAINT, anchor="rm")
    pen.text((axis.x(0) + 10, bottom + 34), "other better", size=13, colour=_FAINT)
    y = start
    for number, (label, results) in enumerate(rows):
        middle = y + (_ROW * len(results) + _GAP) / 2
        pen.text((_LEFT - 14, middle), label, anchor="rm", room=_LEFT - 14 - _MARGIN)
        for line, (place, result) in enumerate(results):
            line_y = y + _GAP / 2 + _ROW * (line + 0.5)
            _draw_row(pen, axis, result, line_y, _colour(place), whole=number == 0)
            _write_row(pen, first.scale, result, line_y)
        y += _ROW * len(results) + _GAP


def _draw_row(
    pen: _Pen, axis: _Axis, result: PairedDifference, y: float, colour: str, *, whole: bool
) -> None:
    if result.interval is not None:
        low, high = axis.x(result.interval.low), axis.x(result.interval.high)
        pen.line((low, y), (high, y), colour=colour, width=2)
        for x, value, way in ((low, result.interval.low, 1), (high, result.interval.high, -1)):
            if axis.low <= value <= axis.high:
                pen.line((x, y - 5), (x, y + 5), colour=colour, width=2)
            else:
                pen.shape((x, y), (x + 9 * way, y - 5), (x + 9 * way, y + 5), colour=colour)
    if result.conversations < FEW_CONVERSATIONS:
        for one in result.by_conversation.values():
            pen.disc((axis.x(one.difference), y), 4, colour, ring=True)
    x = axis.x(result.difference)
    if whole:
        pen.shape((x - 8, y), (x, y - 8), (x + 8, y), (x, y + 8), colour=colour)
    else:
        pen.disc((x, y), 5, colour, ring=False)


def _write_row(pen: _Pen, scale: float, result: PairedDifference, y: float) -> None:
    digits = 1 if scale == 100 else 3
    text = f"{result.difference:+.{digits}f}"
    if result.interval is not None:
        text += f"  ({result.interval.low:+.{digits}f} to {result.interval.high:+.{digits}f})"
    pen.text((_WIDTH - _RIGHT + 24, y), text, size=14)
    if result.p is not None:
        pen.text((_WIDTH - _MARGIN, y), f"{result.p:.3f}", size=14, anchor="rm")


def _axis(results: Sequence[PairedDifference], scale: float) -> _Axis:
    """Return a range that has 0, every difference, and every interval as far as it is possible."""
    values = [0.0]
    for result in results:
        values.append(result.difference)
        if result.interval is not None:
            values += [max(-scale, result.interval.low), min(scale, result.interval.high)]
        if result.conversations < FEW_CONVERSATIONS:
            values += [one.difference for one in result.by_conversation.values()]
    low, high = min(values), max(values)
    margin = 0.04 * (high - low) or 0.05 * scale
    return _Axis(low=low - margin, high=high + margin)


def ticks(low: float, high: float) -> list[float]:
    """Return two to seven round values between two others."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= 0.75 * rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) + 0.0 for number in range(first, last + 1)]


def _tick(value: float, marks: Sequence[float]) -> str:
    digits = max((len(f"{mark:.6f}".rstrip("0").partition(".")[2]) for mark in marks), default=0)
    return f"{value:+.{digits}f}" if value else "0"


def _colour(place: int) -> str:
    return _COLOURS[(place - 1) % len(_COLOURS)]
