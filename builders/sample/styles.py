"""Drawing styles that are laid over a finished canvas."""

from __future__ import annotations

import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

__all__ = ["OVERSAMPLING", "dotted", "pencilled", "pixelated", "watercoloured"]

OVERSAMPLING = 2
"""Canvases are drawn this many times larger than the image, for smooth edges."""

_PAPER = (252, 249, 240)
_BLOCKS = 56
_CELLS = 28


def pixelated(canvas: Image.Image, size: int) -> Image.Image:
    """Return square blocks, 56 a side, at the image's own size."""
    blocks = canvas.resize((_BLOCKS, _BLOCKS), Image.Resampling.BOX)
    return blocks.resize((size, size), Image.Resampling.NEAREST)


def pencilled(canvas: Image.Image) -> Image.Image:
    """Return coloured-pencil strokes on paper; outlines are drawn on top later."""
    side = canvas.width
    strokes = Image.new("L", (side, side), 140)
    draw = ImageDraw.Draw(strokes)
    step, width = side / 28, round(side / 28 * 0.5)
    for i in range(-28, 57):
        draw.line([(i * step, 0), ((i - 28) * step + side * 0.4, side)], fill=250, width=width)
    return Image.composite(canvas, Image.new("RGB", canvas.size, _PAPER), strokes)


def dotted(canvas: Image.Image) -> Image.Image:
    """Return full colour inside a grid of dots, with paper showing between them."""
    side = canvas.width
    dots = Image.new("L", (side, side), 105)
    draw = ImageDraw.Draw(dots)
    step = side / _CELLS
    radius = step * 0.43
    for row in range(_CELLS):
        for column in range(_CELLS):
            x, y = (column + 0.5) * step, (row + 0.5) * step
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)
    return Image.composite(canvas, Image.new("RGB", canvas.size, _PAPER), dots)


def watercoloured(canvas: Image.Image, rng: random.Random) -> Image.Image:
    """Return soft edges, uneven washes and a ragged margin of bare paper."""
    side = canvas.width
    soft = canvas.filter(ImageFilter.GaussianBlur(side / 180))
    wash = Image.frombytes("L", (14, 14), bytes(rng.randrange(200, 256) for _ in range(196)))
    wash = wash.resize((side, side), Image.Resampling.BICUBIC)
    soft = ImageChops.multiply(soft, Image.merge("RGB", (wash, wash, wash)))
    soft = Image.blend(soft, Image.new("RGB", canvas.size, _PAPER), 0.22)
    margin = Image.new("L", (side, side), 0)
    ImageDraw.Draw(margin).polygon(_ragged_square(side, rng), fill=255)
    margin = margin.filter(ImageFilter.GaussianBlur(side / 120))
    return Image.composite(soft, Image.new("RGB", canvas.size, _PAPER), margin)


def _ragged_square(side: int, rng: random.Random) -> list[tuple[float, float]]:
    """Return a square with uneven sides, close to the image's edge."""
    steps = 12
    near = [rng.uniform(0.002, 0.022) for _ in range(4 * steps)]
    corners = []
    for i in range(steps):
        along = (i + 0.5) / steps
        corners.append((along, near[i]))
    for i in range(steps):
        corners.append((1 - near[steps + i], (i + 0.5) / steps))
    for i in range(steps):
        corners.append((1 - (i + 0.5) / steps, 1 - near[2 * steps + i]))
    for i in range(steps):
        corners.append((near[3 * steps + i], 1 - (i + 0.5) / steps))
    return [(x * side, y * side) for x, y in corners]
