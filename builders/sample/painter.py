"""Draws scenes with Pillow: the same scene and size give the same pixels."""

from __future__ import annotations

import random
from collections.abc import Sequence

from PIL import Image, ImageDraw

from .backdrop import Colour, Pen, blend, draw_backdrop
from .scenes import Scene, Thing
from .shapes import MARK_POSITIONS, MARK_SHAPES, THING_SHAPES, UNUSUAL_SHAPES, Piece, Vertex
from .styles import OVERSAMPLING, dotted, pencilled, pixelated, watercoloured

__all__ = ["INK", "RGB", "paint"]

RGB: dict[str, Colour] = {
    "red": (210, 25, 35),
    "orange": (250, 135, 15),
    "yellow": (255, 225, 40),
    "green": (35, 145, 55),
    "blue": (35, 80, 215),
    "purple": (130, 50, 170),
    "pink": (255, 135, 195),
    "white": (252, 252, 252),
}
"""The colours of the cartoon style, which has no shading."""

INK: Colour = (34, 30, 40)
"""Outlines, wheels and eyes."""

_WOOD: Colour = (122, 92, 66)
_PALE_MARK: Colour = (255, 252, 240)
_LIGHT = ("orange", "yellow", "pink", "white")

_OUTLINES = {"cartoon": 0.011, "sketch": 0.0, "pixel": 0.009, "dotted": 0.011, "watercolour": 0.0}
"""Width of outlines in the first pass, by style."""


class _Brush:
    """Fills polygons on a square canvas, and outlines them unless `width` is 0."""

    def __init__(self, canvas: Image.Image, width: float) -> None:
        self._draw = ImageDraw.Draw(canvas)
        self._side = canvas.width
        self._width = round(width * canvas.width)

    def polygon(self, points: Sequence[Vertex], colour: Colour, *, outline: bool = True) -> None:
        corners = [(x * self._side, y * self._side) for x, y in points]
        self._draw.polygon(corners, fill=colour)
        if outline and self._width:
            self._draw.line([*corners, *corners[:2]], fill=INK, width=self._width, joint="curve")


class _Pencil:
    """Draws outlines twice and slightly displaced, and fills shapes that have no outline."""

    def __init__(self, canvas: Image.Image, rng: random.Random) -> None:
        self._draw = ImageDraw.Draw(canvas)
        self._side = canvas.width
        self._rng = rng

    def polygon(self, points: Sequence[Vertex], colour: Colour, *, outline: bool = True) -> None:
        if not outline:
            self._draw.polygon([(x * self._side, y * self._side) for x, y in points], fill=colour)
            return
        for _ in range(2):
            dx, dy = (self._rng.uniform(-0.005, 0.005) for _ in range(2))
            corners = [((x + dx) * self._side, (y + dy) * self._side) for x, y in points]
            width = max(1, round(0.007 * self._side))
            self._draw.line([*corners, corners[0]], fill=INK, width=width)


def paint(scene: Scene, size: int = 224) -> Image.Image:
    """Return the image of a scene, RGB, `size` pixels square."""
    rng = random.Random(scene.grain)
    canvas = Image.new("RGB", (size * OVERSAMPLING, size * OVERSAMPLING))
    brush = _Brush(canvas, _OUTLINES[scene.style])
    draw_backdrop(brush, scene.setting, scene.mood, rng)
    _draw_things(brush, scene)
    if scene.style == "pixel":
        return pixelated(canvas, size)
    if scene.style == "sketch":
        canvas = pencilled(canvas)
        _draw_things(_Pencil(canvas, rng), scene)
    elif scene.style == "dotted":
        canvas = dotted(canvas)
    elif scene.style == "watercolour":
        canvas = watercoloured(canvas, rng)
    return canvas.reduce(OVERSAMPLING)


def _draw_things(pen: Pen, scene: Scene) -> None:
    for thing in sorted(scene.things, key=lambda each: each.y):
        _draw_pieces(pen, thing, THING_SHAPES[thing.kind])
        _draw_mark(pen, thing)
    for thing in scene.unusual:
        _draw_pieces(pen, thing, UNUSUAL_SHAPES[thing.kind])


def _draw_pieces(pen: Pen, thing: Thing, pieces: Sequence[Piece]) -> None:
    for piece in pieces:
        if piece.role == "part":
            if thing.part is None:
                continue
            colour = RGB[thing.part.colour]
        else:
            colour = {"body": RGB[thing.colour], "wood": _WOOD, "ink": INK}[piece.role]
        pen.polygon(_to_image_coordinates(thing, piece.points), colour)


def _draw_mark(pen: Pen, thing: Thing) -> None:
    if thing.mark is None:
        return
    x, y, half = MARK_POSITIONS[thing.kind]
    points = [(x + half * dx, y + half * dy) for dx, dy in MARK_SHAPES[thing.mark]]
    colour = blend(INK, RGB[thing.colour], 0.1) if thing.colour in _LIGHT else _PALE_MARK
    pen.polygon(_to_image_coordinates(thing, points), colour, outline=False)


def _to_image_coordinates(thing: Thing, points: Sequence[Vertex]) -> list[Vertex]:
    """Convert from a thing's own coordinates to the image's."""
    half = thing.size / 2
    return [(thing.x + half * x, thing.y + half * y) for x, y in points]
