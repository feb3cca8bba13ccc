"""Draws an image's sky and ground, which show the mood and the setting."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .shapes import Vertex, arc, oval

__all__ = ["GROUNDS", "HORIZON", "PALETTES", "Colour", "Palette", "Pen", "blend", "draw_backdrop"]

Colour = tuple[int, int, int]
"""Red, green and blue, from 0 to 255."""

HORIZON = 0.27
"""Where the ground begins, as a fraction of the image's side."""


class Pen(Protocol):
    """Fills polygons; coordinates are fractions of the image's side."""

    def polygon(self, points: Sequence[Vertex], colour: Colour, *, outline: bool = True) -> None:
        """Fill a polygon, with an outline if the drawing style has one."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a mood."""

    sky: tuple[Colour, Colour]
    """The sky's colours at the top and at the horizon."""
    tint: Colour
    """The colour of the ground's tint."""
    strength: float
    """How strongly the ground is tinted, from 0 to 1."""


PALETTES: dict[str, Palette] = {
    "cheerful": Palette(((90, 185, 250), (190, 230, 255)), (255, 240, 170), 0.12),
    "calm": Palette(((255, 205, 190), (255, 236, 200)), (250, 222, 205), 0.6),
    "gloomy": Palette(((112, 118, 126), (158, 163, 168)), (128, 132, 138), 0.75),
    "tense": Palette(((72, 14, 22), (176, 58, 38)), (150, 98, 100), 0.72),
    "mysterious": Palette(((22, 20, 62), (66, 56, 120)), (98, 100, 152), 0.72),
}

GROUNDS: dict[str, Colour] = {
    "water": (140, 195, 230),
    "meadow": (165, 210, 130),
    "sand": (236, 218, 165),
    "street": (182, 182, 186),
    "snow": (232, 238, 245),
    "table": (214, 178, 136),
}


def blend(one: Colour, other: Colour, share: float) -> Colour:
    """Return the colour `share` of the way from one to another."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def draw_backdrop(pen: Pen, setting: str, mood: str, rng: random.Random) -> None:
    """Draw the whole background; `rng` only moves clouds and waves, which carry no meaning."""
    palette = PALETTES[mood]
    ground = blend(GROUNDS[setting], palette.tint, palette.strength)
    bands = 7
    for i in range(bands):
        top, bottom = HORIZON * i / bands, HORIZON * (i + 1) / bands + 0.01
        colour = blend(*palette.sky, i / (bands - 1))
        pen.polygon(_box(0, top, 1, bottom), colour, outline=False)
    _SKIES[mood](pen, rng)
    pen.polygon(_box(0, HORIZON, 1, 1.01), ground, outline=False)
    _draw_texture(pen, setting, ground, rng)


def _box(left: float, top: float, right: float, bottom: float) -> tuple[Vertex, ...]:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _cloud(pen: Pen, x: float, y: float, size: float, colour: Colour) -> None:
    for dx, dy, radius in ((-0.7, 0.1, 0.5), (0.0, -0.15, 0.65), (0.75, 0.1, 0.5)):
        r, cx, cy = radius * size, x + dx * size, y + dy * size
        pen.polygon(oval(cx - r, cy - r * 0.8, cx + r, cy + r * 0.8), colour, outline=False)


def _cheerful(pen: Pen, rng: random.Random) -> None:
    x = rng.choice((0.2, 0.5, 0.8)) + rng.uniform(-0.05, 0.05)
    y = 0.12
    for i in range(10):
        angle = 2 * math.pi * i / 10
        ray = ((0.06, -0.24), (0.13, 0.0), (0.06, 0.24))
        points = [(x + r * math.cos(angle + a), y + r * math.sin(angle + a)) for r, a in ray]
        pen.polygon(points, (255, 214, 50), outline=False)
    pen.polygon(oval(x - 0.075, y - 0.075, x + 0.075, y + 0.075), (255, 226, 70), outline=False)
    for cloud_x in (x - 0.36, x + 0.34):
        _cloud(pen, cloud_x, rng.uniform(0.1, 0.16), 0.075, (255, 255, 255))


def _calm(pen: Pen, rng: random.Random) -> None:
    x = rng.uniform(0.25, 0.75)
    pen.polygon(arc(x - 0.2, 0.08, x + 0.2, 0.46, 180, 360, 20), (255, 246, 222), outline=False)
    pen.polygon(arc(x - 0.13, 0.14, x + 0.13, 0.4, 180, 360, 20), (255, 190, 120), outline=False)
    for y in (0.06, 0.12):
        left = rng.uniform(0.0, 0.6)
        pen.polygon(oval(left, y, left + 0.4, y + 0.02), (255, 250, 240), outline=False)


def _gloomy(pen: Pen, rng: random.Random) -> None:
    for i in range(18):
        x, y = i / 17 + rng.uniform(-0.02, 0.02), rng.uniform(0.13, 0.19)
        drop = ((x, y), (x + 0.012, y), (x - 0.01, y + 0.08), (x - 0.02, y + 0.08))
        pen.polygon(drop, (215, 224, 234), outline=False)
    for i, shade in enumerate((70, 84, 70, 84)):
        x = 0.08 + 0.28 * i + rng.uniform(-0.04, 0.04)
        _cloud(pen, x, 0.07 + rng.uniform(-0.015, 0.015), 0.13, (shade, shade + 3, shade + 8))


def _tense(pen: Pen, rng: random.Random) -> None:
    for i in range(5):
        x = 0.25 * i + rng.uniform(-0.04, 0.04)
        _cloud(pen, x, 0.02 + rng.uniform(0, 0.015), 0.12, (30, 10, 16))
    for centre in (0.28, 0.74):
        x = centre + rng.uniform(-0.1, 0.1)
        pen.polygon([(x + dx, y) for dx, y in _BOLT], (255, 240, 120), outline=False)


_BOLT = (
    *((0.03, 0.05), (-0.05, 0.16), (0.0, 0.16), (-0.04, 0.265)),
    *((0.06, 0.13), (0.01, 0.13), (0.075, 0.05)),
)


def _mysterious(pen: Pen, rng: random.Random) -> None:
    x = rng.choice((0.2, 0.5, 0.8)) + rng.uniform(-0.05, 0.05)
    pen.polygon(oval(x - 0.085, 0.03, x + 0.085, 0.2), (236, 236, 210), outline=False)
    for i in range(9):
        star_x, y, r = i / 8 + rng.uniform(-0.04, 0.04), rng.uniform(0.02, 0.17), 0.014
        if abs(star_x - x) > 0.12:
            star = ((star_x, y - r), (star_x + r, y), (star_x, y + r), (star_x - r, y))
            pen.polygon(star, (240, 240, 255), outline=False)
    for left in (-0.1, 0.5):
        left += rng.uniform(-0.1, 0.1)
        pen.polygon(oval(left, 0.215, left + 0.6, 0.265), (136, 130, 180), outline=False)


_SKIES: dict[str, Callable[[Pen, random.Random], None]] = {
    "cheerful": _cheerful,
    "calm": _calm,
    "gloomy": _gloomy,
    "tense": _tense,
    "mysterious": _mysterious,
}


def _draw_texture(pen: Pen, setting: str, ground: Colour, rng: random.Random) -> None:
    """Draw strokes that distinguish water from grass, fainter than any thing."""
    dark, light = blend(ground, (40, 40, 50), 0.16), blend(ground, (255, 255, 255), 0.3)
    if setting == "table":
        for y in (0.45, 0.63, 0.81):
            pen.polygon(_box(0, y, 1, y + 0.012), dark, outline=False)
    elif setting == "street":
        for x in (0.05, 0.4, 0.75):
            pen.polygon(_box(x, 0.615, x + 0.2, 0.64), light, outline=False)
    else:
        for i in range(26):
            x = (i % 5) * 0.21 + rng.uniform(0.0, 0.12)
            y = 0.31 + (i // 5) * 0.13 + rng.uniform(0.0, 0.06)
            colour = light if i % 2 else dark
            pen.polygon([(x + dx, y + dy) for dx, dy in _STROKES[setting]], colour, outline=False)


_STROKES: dict[str, tuple[Vertex, ...]] = {
    "water": ((0.0, 0.0), (0.04, -0.012), (0.08, 0.0), (0.04, 0.004)),
    "meadow": ((0.0, 0.0), (0.006, -0.035), (0.012, 0.0), (0.022, -0.03), (0.024, 0.0)),
    "sand": oval(0.0, 0.0, 0.014, 0.01, 8),
    "snow": oval(0.0, 0.0, 0.07, 0.014, 10),
}
