"""A bar chart of error rates, drawn with Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .selection import TypeResult

__all__ = ["plot_error_rates"]

_WIDTH, _ROW, _LEFT, _RIGHT, _TOP, _BOTTOM = 900, 44, 190, 150, 64, 40
_CHOSEN, _OTHER, _INK, _GRID = "#3b6fd4", "#b9c3d6", "#1b1f27", "#e3e7ee"


def plot_error_rates(results: Sequence[TypeResult], title: str, path: Path) -> None:
    """Draw a bar a type, hardest first, with its interval; the chosen ones are blue."""
    from PIL import Image, ImageDraw, ImageFont

    height = _TOP + _ROW * len(results) + _BOTTOM
    picture = Image.new("RGB", (_WIDTH, height), "white")
    draw = ImageDraw.Draw(picture)
    font, small = ImageFont.load_default(17), ImageFont.load_default(14)
    draw.text((20, 20), title, _INK, font)
    for tenth in range(0, 11, 2):
        x = _x(tenth / 10)
        draw.line((x, _TOP, x, height - _BOTTOM), _GRID)
        draw.text((x, height - _BOTTOM + 8), f"{tenth * 10} %", _INK, small, anchor="ma")
    for number, result in enumerate(results):
        middle = _TOP + _ROW * number + _ROW // 2
        draw.text((_LEFT - 12, middle), result.type, _INK, font, anchor="rm")
        if result.error_rate is None or result.low is None or result.high is None:
            draw.text((_LEFT + 8, middle), "no questions", _INK, small, anchor="lm")
            continue
        colour = _CHOSEN if result.selected else _OTHER
        draw.rectangle((_LEFT, middle - 12, _x(result.error_rate), middle + 12), colour)
        low, high = _x(result.low), _x(result.high)
        draw.line((low, middle, high, middle), _INK, 2)
        for x in (low, high):
            draw.line((x, middle - 6, x, middle + 6), _INK, 2)
        figure = f"{result.error_rate:.0%} of {result.n}"
        draw.text((_WIDTH - _RIGHT + 20, middle), figure, _INK, small, anchor="lm")
    picture.save(path, optimize=True)


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)
