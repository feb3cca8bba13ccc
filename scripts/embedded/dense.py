"""Labels for each token of an image, to train the vision tower before any text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from locomo_vqa.builders.sample.scenes import (
    COLOURS,
    MARKS,
    MOODS,
    PARTS,
    STYLES,
    UNUSUAL,
    Scene,
    Thing,
)
from locomo_vqa.builders.sample.shapes import MARK_POSITIONS, THING_SHAPES, Vertex
from locomo_vqa.builders.sample.visual_questions import NUMBERS
from scripts.embedded.architecture import GRID

__all__ = ["HEADS", "LinearHeads", "labels"]

HEADS: dict[str, tuple[str, ...]] = {
    "kind": tuple(PARTS),
    "colour": COLOURS,
    "mark": MARKS,
    "part": COLOURS,
    "odd": UNUSUAL,
    "odd colour": COLOURS,
    "mood": MOODS,
    "style": STYLES,
    "count": NUMBERS[1:],
    "alike": NUMBERS[1:],
    "odd count": NUMBERS[1:4],
    "the mark": MARKS,
    "the part": COLOURS,
    "the odd": UNUSUAL,
    "the odd colour": COLOURS,
}
"""What to classify, and its values; class 0 is "nothing there". "alike" counts one colour.

The first ones label the tokens where a thing is; "the …" label those where a question may look for
it.
"""

_WEIGHTS = {"mark": 4, "the mark": 3, "odd": 3, "the odd": 2, "kind": 2, "style": 2} | {
    "alike": 2,
    "odd count": 2,
    "mood": 0.5,
}
"""The weights of heads' losses that are not 1: shapes are learned last."""

_COLUMNS, _ROWS = 3, 2


def labels(scenes: Sequence[Scene], order: torch.Tensor) -> torch.Tensor:
    """Return classes of shape (scenes, heads, tokens), with tokens in the model's order.

    A thing's kind, colour and mark are labels of all tokens in its sixth of the ground. A mark, a
    part and an unusual object are labels of the one token at their centre. Mood, style, counts, the
    part's colour and what is unusual are labels of every token.
    """
    grid = np.zeros((len(scenes), len(HEADS), GRID, GRID), np.int64)
    for row, scene in enumerate(scenes):
        _fill(grid[row], scene)
    flat = torch.from_numpy(grid).flatten(2)
    return flat[:, :, order]


def _fill(grid: np.ndarray, scene: Scene) -> None:
    names = list(HEADS)
    index = {head: {value: k + 1 for k, value in enumerate(HEADS[head])} for head in names}
    for thing in scene.things:
        x, y = _sixth(thing.x, thing.y)
        alike = sum(other.colour == thing.colour for other in scene.things)
        values = {"kind": thing.kind, "colour": thing.colour, "alike": NUMBERS[alike]}
        for head, value in values.items():
            grid[names.index(head), y, x] = index[head][value]
        if thing.mark:
            grid[names.index("the mark"), y, x] = index["mark"][thing.mark]
            token = _token(thing, MARK_POSITIONS[thing.kind][:2])
            grid[names.index("mark"), *token] = index["mark"][thing.mark]
        if thing.part:
            grid[names.index("the part")] = index["part"][thing.part.colour]
            token = _token(thing, _PART_POSITIONS[thing.kind])
            grid[names.index("part"), *token] = index["part"][thing.part.colour]
    for thing in scene.unusual:
        token = int(thing.y * GRID), int(thing.x * GRID)
        grid[names.index("odd"), *token] = index["odd"][thing.kind]
        grid[names.index("odd colour"), *token] = index["odd colour"][thing.colour]
        grid[names.index("the odd")] = index["odd"][thing.kind]
        grid[names.index("the odd colour")] = index["odd colour"][thing.colour]
    grid[names.index("mood")] = index["mood"][scene.mood]
    grid[names.index("style")] = index["style"][scene.style]
    grid[names.index("count")] = len(scene.things)
    grid[names.index("odd count")] = len(scene.unusual)


def _centre(points: Sequence[Vertex]) -> Vertex:
    """Return the centre of the box around points."""
    across, down = zip(*points, strict=True)
    return (min(across) + max(across)) / 2, (min(down) + max(down)) / 2


_PART_POSITIONS = {
    kind: _centre([point for piece in pieces if piece.role == "part" for point in piece.points])
    for kind, pieces in THING_SHAPES.items()
}


def _token(thing: Thing, point: Vertex) -> tuple[int, int]:
    """Return the row and column of the token at a point in the thing's coordinates."""
    half = thing.size / 2
    x, y = thing.x + half * point[0], thing.y + half * point[1]
    return min(GRID - 1, int(y * GRID)), min(GRID - 1, int(x * GRID))


def _sixth(x: float, y: float) -> tuple[slice, slice]:
    """Return the columns and rows of the tokens whose centres are in the same sixth."""
    centres = (np.arange(GRID) + 0.5) / GRID
    column, row = int(x * _COLUMNS), int((y - 0.27) / 0.36)
    across = np.flatnonzero((centres * _COLUMNS).astype(int) == column)
    down = np.flatnonzero((centres > 0.27) & (((centres - 0.27) / 0.36).astype(int) == row))
    return slice(across[0], across[-1] + 1), slice(down[0], down[-1] + 1)


class LinearHeads(nn.Module):
    """Linear classifiers on an image's tokens."""

    def __init__(self, width: int, weights: Mapping[str, float] = _WEIGHTS) -> None:
        """`weights` are those of heads' losses that are not 1."""
        super().__init__()
        self._weights = weights
        self._total = sum(weights.get(name, 1) for name in HEADS)
        self.heads = nn.ModuleList(nn.Linear(width, len(values) + 1) for values in HEADS.values())

    def forward(self, tokens: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        """Return the mean loss; tokens with something on them have two thirds of the weight.

        Otherwise "nothing there" would outweigh the few tokens of small objects.
        """
        total = tokens.new_zeros(())
        for k, (name, head) in enumerate(zip(HEADS, self.heads, strict=True)):
            target = classes[:, k].flatten()
            loss = F.cross_entropy(head(tokens).flatten(0, 1), target, reduction="none")
            there = target > 0
            weight = torch.where(there, 2 / there.sum(), 1 / (~there).sum().clamp(min=1))
            share = self._weights.get(name, 1) / self._total
            total = total + share * (loss * weight).sum() / weight.sum()
        return total

    @torch.no_grad()
    def accuracy(self, tokens: torch.Tensor, classes: torch.Tensor) -> dict[str, float]:
        """Return the share of labelled tokens that each head classifies correctly."""
        result = {}
        for k, (name, head) in enumerate(zip(HEADS, self.heads, strict=True)):
            there = classes[:, k] > 0
            right = (head(tokens).argmax(-1) == classes[:, k])[there]
            result[name] = round(right.float().mean().item(), 3)
        return result
