"""The shapes of everything that is drawn, as pieces in a thing's own coordinates.

The body of a thing spans -1 to 1 both ways, with y downwards; its part may stick out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "MARK_POSITIONS",
    "MARK_SHAPES",
    "THING_SHAPES",
    "UNUSUAL_SHAPES",
    "Piece",
    "Vertex",
    "arc",
    "oval",
    "rect",
]

Vertex = tuple[float, float]
"""Right and down."""

Role = Literal["body", "part", "wood", "ink"]
"""The source of a piece's colour: the thing, its part, or a fixed neutral colour."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A filled polygon; pieces are drawn in the order given."""

    role: Role
    points: tuple[Vertex, ...]


def oval(
    left: float, top: float, right: float, bottom: float, steps: int = 20
) -> tuple[Vertex, ...]:
    """Return an ellipse as a polygon."""
    return arc(left, top, right, bottom, 0, 360, steps)


def arc(
    left: float, top: float, right: float, bottom: float, start: float, end: float, steps: int = 12
) -> tuple[Vertex, ...]:
    """Return part of an ellipse, from `start` to `end` degrees, clockwise from three o'clock."""
    centre_x, centre_y = (left + right) / 2, (top + bottom) / 2
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return tuple(
        (centre_x + (right - left) / 2 * math.cos(a), centre_y + (bottom - top) / 2 * math.sin(a))
        for a in angles
    )


def rect(left: float, top: float, right: float, bottom: float) -> tuple[Vertex, ...]:
    """Return an upright rectangle."""
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _bow(x: float, y: float, half_width: float, half_height: float) -> tuple[Vertex, ...]:
    w, h = half_width, half_height
    return ((x, y), (x - w, y - h), (x - w, y + h), (x, y), (x + w, y - h), (x + w, y + h))


THING_SHAPES: dict[str, tuple[Piece, ...]] = {
    "boat": (
        Piece("wood", rect(-0.08, -1.3, 0.08, -0.75)),
        Piece("wood", rect(-0.08, 0.34, 0.08, 0.5)),
        Piece("part", ((0.08, -1.42), (0.85, -1.42), (0.6, -1.12), (0.85, -0.82), (0.08, -0.82))),
        Piece("body", ((-0.72, -0.78), (0.72, -0.78), (0.85, 0.36), (-0.85, 0.36))),
        Piece("body", ((-1.0, 0.46), (1.0, 0.46), (0.62, 1.0), (-0.62, 1.0))),
    ),
    "house": (
        Piece("part", rect(0.3, -1.35, 0.92, -0.1)),
        Piece("body", rect(-0.8, -0.15, 0.8, 1.0)),
        Piece("wood", ((-1.0, -0.1), (0.0, -0.8), (1.0, -0.1))),
    ),
    "hat": (
        Piece("part", oval(-0.36, -1.4, 0.36, -0.68)),
        Piece("body", ((-0.66, -0.74), (0.66, -0.74), (0.72, 0.6), (-0.72, 0.6))),
        Piece("body", oval(-1.0, 0.38, 1.0, 0.98)),
    ),
    "box": (
        Piece("part", _bow(0.0, -1.05, 0.72, 0.36)),
        Piece("body", rect(-0.86, -0.45, 0.86, 1.0)),
        Piece("body", rect(-1.0, -0.78, 1.0, -0.4)),
    ),
    "balloon": (
        Piece("ink", ((-0.04, 0.3), (0.06, 0.3), (0.2, 0.6), (0.02, 1), (-0.06, 1), (0.1, 0.6))),
        Piece("part", rect(-0.38, 0.42, 0.38, 1.02)),
        Piece("body", ((-0.22, 0.4), (0.0, 0.14), (0.22, 0.4))),
        Piece("body", oval(-0.84, -1.42, 0.84, 0.24, 28)),
    ),
    "car": (
        Piece("part", rect(-0.46, -1.08, 0.46, -0.46)),
        Piece(
            "body",
            (
                *((-1.0, 0.1), (-0.72, -0.02), (-0.52, -0.5), (0.5, -0.5)),
                *((0.74, -0.02), (1.0, 0.1), (1.0, 0.72), (-1.0, 0.72)),
            ),
        ),
        Piece("ink", oval(-0.84, 0.44, -0.3, 0.98)),
        Piece("ink", oval(0.3, 0.44, 0.84, 0.98)),
    ),
    "cake": (
        Piece("wood", oval(-1.0, 0.6, 1.0, 1.1)),
        Piece("part", rect(-0.3, -1.25, 0.3, -0.2)),
        Piece(
            "body",
            (*arc(-0.86, -0.45, 0.86, 0.05, 180, 360), *arc(-0.86, 0.6, 0.86, 1.0, 0, 180)),
        ),
    ),
    "kite": (
        Piece("ink", ((-0.06, 0.3), (0.06, 0.3), (0.3, 0.6), (0.06, 1), (-0.06, 1), (0.16, 0.6))),
        Piece("part", _bow(0.1, 0.68, 0.62, 0.33)),
        Piece("body", ((0.0, -1.42), (0.94, -0.5), (0.0, 0.42), (-0.94, -0.5))),
    ),
}
"""Ordinary things."""

MARK_POSITIONS: dict[str, tuple[float, float, float]] = {
    "boat": (0.0, -0.2, 0.4),
    "house": (0.0, 0.45, 0.4),
    "hat": (0.0, -0.2, 0.4),
    "box": (0.0, 0.28, 0.42),
    "balloon": (0.0, -0.6, 0.44),
    "car": (0.0, 0.1, 0.42),
    "cake": (0.0, 0.3, 0.42),
    "kite": (0.0, -0.5, 0.4),
}
"""Centre and half width of the mark on a thing."""

MARK_SHAPES: dict[str, tuple[Vertex, ...]] = {
    "heart": (
        *arc(-1.0, -0.95, 0.0, 0.15, 160, 360, 8),
        *arc(0.0, -0.95, 1.0, 0.15, 180, 380, 8),
        (0.0, 1.0),
    ),
    "moon": (*arc(-1.0, -1.0, 1.0, 1.0, 50, 310, 16), *arc(-0.35, -0.8, 1.15, 0.8, 290, 70, 12)),
    "cross": (
        *((-0.34, -1.0), (0.34, -1.0), (0.34, -0.34), (1.0, -0.34), (1.0, 0.34), (0.34, 0.34)),
        *((0.34, 1.0), (-0.34, 1.0), (-0.34, 0.34), (-1.0, 0.34), (-1.0, -0.34), (-0.34, -0.34)),
    ),
    "ring": (*arc(-1.0, -1.0, 1.0, 1.0, 0, 360, 20), *arc(-0.48, -0.48, 0.48, 0.48, 360, 0, 20)),
    "triangle": ((0.0, -1.0), (1.1, 0.9), (-1.1, 0.9)),
}
"""Marks, in coordinates from -1 to 1 both ways."""

UNUSUAL_SHAPES: dict[str, tuple[Piece, ...]] = {
    "crown": (
        Piece(
            "body",
            (
                *((-1.0, 0.75), (-1.0, -0.75), (-0.5, 0.0), (0.0, -0.95)),
                *((0.5, 0.0), (1.0, -0.75), (1.0, 0.75)),
            ),
        ),
    ),
    "ghost": (
        Piece(
            "body",
            (
                *arc(-0.8, -1.0, 0.8, 0.6, 180, 360),
                *((0.8, 1.0), (0.4, 0.65), (0.0, 1.0), (-0.4, 0.65), (-0.8, 1.0)),
            ),
        ),
        Piece("ink", oval(-0.5, -0.5, -0.12, -0.05, 8)),
        Piece("ink", oval(0.12, -0.5, 0.5, -0.05, 8)),
    ),
    "umbrella": (
        Piece("ink", rect(-0.1, -0.2, 0.1, 0.98)),
        Piece("ink", rect(-0.5, 0.76, 0.1, 0.98)),
        Piece("ink", rect(-0.5, 0.48, -0.3, 0.98)),
        Piece(
            "body",
            (*arc(-1.0, -1.0, 1.0, 1.0, 180, 360, 16), (0.5, -0.2), (0.0, 0.1), (-0.5, -0.2)),
        ),
    ),
    "duck": (
        Piece("ink", ((0.5, -0.75), (1.0, -0.5), (0.5, -0.25))),
        Piece("body", ((-1.0, -0.25), (-0.5, 0.1), (0.7, 0.1), (0.6, 0.9), (-0.6, 0.9))),
        Piece("body", oval(-0.3, -1.0, 0.7, 0.15)),
        Piece("ink", oval(0.2, -0.7, 0.44, -0.46, 8)),
    ),
    "cactus": (
        Piece(
            "body",
            (
                *((-0.3, 1.0), (-0.3, 0.45), (-1.0, 0.45), (-1.0, -0.5), (-0.58, -0.5)),
                *((-0.58, 0.0), (-0.3, 0.0), (-0.3, -1.0), (0.3, -1.0), (0.3, 0.2), (0.58, 0.2)),
                *((0.58, -0.3), (1.0, -0.3), (1.0, 0.65), (0.3, 0.65), (0.3, 1.0)),
            ),
        ),
    ),
    "boot": (
        Piece(
            "body",
            (
                *((-0.8, -1.0), (0.1, -1.0), (0.1, 0.1), (0.8, 0.2), (1.0, 0.5)),
                *((1.0, 0.85), (-0.8, 0.85)),
            ),
        ),
        Piece("ink", rect(-0.8, 0.8, 1.0, 1.0)),
    ),
    "hourglass": (
        Piece("body", ((-0.85, -0.85), (0.85, -0.85), (0.25, 0.0), (-0.25, 0.0))),
        Piece("body", ((-0.25, 0.0), (0.25, 0.0), (0.85, 0.85), (-0.85, 0.85))),
        Piece("ink", rect(-0.9, -1.0, 0.9, -0.8)),
        Piece("ink", rect(-0.9, 0.8, 0.9, 1.0)),
    ),
    "bone": (
        Piece(
            "body",
            (
                *arc(-1.0, -0.75, -0.35, 0.05, 60, 330, 8),
                *((-0.4, -0.24), (0.4, -0.24)),
                *arc(0.35, -0.75, 1.0, 0.05, 210, 480, 8),
                *arc(0.35, -0.05, 1.0, 0.75, 240, 510, 8),
                *((0.4, 0.24), (-0.4, 0.24)),
                *arc(-1.0, -0.05, -0.35, 0.75, 30, 300, 8),
            ),
        ),
    ),
}
"""Objects that are out of place."""
