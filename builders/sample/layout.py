"""Places the things in an image, apart from each other and below the sky."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["Layout", "Position", "draw_layout"]

Position = tuple[float, float, float]
"""Centre from the left, centre from the top, and width, as fractions of the image's side."""

_COLUMNS, _ROWS = 3, 2
_LEFT, _TOP, _RIGHT, _BOTTOM = 0.01, 0.27, 0.99, 0.99
_CELL_WIDTH = (_RIGHT - _LEFT) / _COLUMNS
_CELL_HEIGHT = (_BOTTOM - _TOP) / _ROWS


@dataclass(frozen=True, slots=True)
class Layout:
    """The positions of the ordinary things and of the unusual objects."""

    things: tuple[Position, ...]
    unusual: tuple[Position, ...]


def draw_layout(rng: random.Random, things: int, unusual: int) -> Layout:
    """Return positions for up to five things, one per cell, and up to three unusual objects.

    Unusual objects share the remaining cells, a quarter of a cell each.
    """
    cells = [(column, row) for row in range(_ROWS) for column in range(_COLUMNS)]
    rng.shuffle(cells)
    quarters = [(cell, dx, dy) for cell in cells[things:] for dx in (-1, 1) for dy in (-1, 1)]
    return Layout(
        things=tuple(_in_cell(rng, cell) for cell in cells[:things]),
        unusual=tuple(_in_quarter(rng, *quarter) for quarter in rng.sample(quarters, unusual)),
    )


def _centre(cell: tuple[int, int]) -> tuple[float, float]:
    column, row = cell
    return _LEFT + (column + 0.5) * _CELL_WIDTH, _TOP + (row + 0.5) * _CELL_HEIGHT


def _in_cell(rng: random.Random, cell: tuple[int, int]) -> Position:
    """Return a position a little below the middle, because most parts stick out at the top."""
    x, y = _centre(cell)
    x += rng.uniform(-0.025, 0.025)
    y += 0.025 + rng.uniform(-0.012, 0.012)
    return round(x, 4), round(y, 4), round(rng.uniform(0.25, 0.265), 4)


def _in_quarter(rng: random.Random, cell: tuple[int, int], dx: int, dy: int) -> Position:
    x, y = _centre(cell)
    x += dx * _CELL_WIDTH / 4 + rng.uniform(-0.006, 0.006)
    y += dy * _CELL_HEIGHT / 4 + rng.uniform(-0.006, 0.006)
    return round(x, 4), round(y, 4), round(rng.uniform(0.13, 0.14), 4)
