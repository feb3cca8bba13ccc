"""A start for the vision tower that sees shapes sooner: the first heads look at neighbours.

A transformer's patches learn slowly which of the others are next to them. Here they know at the
start, as a convolution does; training may change all of it.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from transformers import InternVLForConditionalGeneration

__all__ = ["look_at_neighbours"]

_PLACE = 32
"""Channels that tell where a patch is: a head's width. The others tell what is on it."""

_WAVES = _PLACE // 4
"""Waves a direction, at rates at which places on a grid of up to 16 are orthogonal."""

_SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))
_OFFSETS = (_SIDES, ((1, 1), (1, -1), (-1, 1), (-1, -1)), tuple((2 * y, 2 * x) for y, x in _SIDES))
"""By layer and head: the neighbour looked at, down and to the right. Later layers look anywhere."""

_SHARPNESS = 2.0


@torch.no_grad()
def look_at_neighbours(model: InternVLForConditionalGeneration) -> None:
    """Set the patch embedding, the positions and the first layers' attention."""
    tower = model.model.vision_tower
    side = tower.embeddings.patch_embeddings.patch_shape[0]
    tower.embeddings.position_embeddings[:, 1:] = 0
    tower.embeddings.position_embeddings[:, 1:, :_PLACE] = math.sqrt(2) * _places(side)
    projection = tower.embeddings.patch_embeddings.projection
    projection.weight[:_PLACE] = 0
    projection.weight[_PLACE:] = _cosines(len(projection.weight) - _PLACE, projection.weight)
    for number, layer in enumerate(tower.encoder.layer):
        attention = layer.attention
        for each in (attention.v_proj, attention.projection_layer, layer.mlp.fc1, layer.mlp.fc2):
            nn.init.normal_(each.weight, std=0.7 / math.sqrt(each.weight.shape[1]))
        attention.projection_layer.weight[:_PLACE] = 0
        layer.mlp.fc2.weight[:_PLACE] = 0
        offsets = _OFFSETS[number] if number < len(_OFFSETS) else ()
        for head, (down, across) in enumerate(offsets[: attention.num_heads]):
            rows = slice(head * _PLACE, (head + 1) * _PLACE)
            gain = _SHARPNESS * (1 + 0.2 * number)
            attention.k_proj.weight[rows, :_PLACE] = torch.eye(_PLACE) * math.sqrt(gain)
            turned = torch.block_diag(_turn(down), _turn(across))
            attention.q_proj.weight[rows, :_PLACE] = turned * math.sqrt(gain)


def _rates() -> torch.Tensor:
    return (torch.arange(_WAVES) + 0.5) * math.pi / _WAVES


def _places(side: int) -> torch.Tensor:
    """Cosines and sines of a patch's row, and of its column, of shape (patches, 32)."""
    angles = torch.arange(side)[:, None] * _rates()[None]
    one = torch.cat([angles.cos(), angles.sin()], 1)
    rows = one[:, None].expand(side, side, -1)
    columns = one[None].expand(side, side, -1)
    return torch.cat([rows, columns], -1).reshape(side * side, _PLACE)


def _turn(steps: int) -> torch.Tensor:
    """What makes the waves of a place those of the place so many steps further."""
    angle = _rates() * steps
    cosine, sine = torch.diag(angle.cos()), torch.diag(angle.sin())
    return torch.cat([torch.cat([cosine, -sine], 1), torch.cat([sine, cosine], 1)], 0)


def _cosines(count: int, like: torch.Tensor) -> torch.Tensor:
    """Two-dimensional cosines of the three colours, the slowest first, finer ones stronger."""
    side = like.shape[-1]
    at = (torch.arange(side) + 0.5) * math.pi / side
    waves = torch.stack(
        [(at * k).cos() * math.sqrt((1 if k == 0 else 2) / side) for k in range(side)]
    )
    order = sorted(((u, v) for u in range(side) for v in range(side)), key=lambda uv: (sum(uv), uv))
    kernels = torch.zeros(count, *like.shape[1:])
    for channel in range(count):
        (u, v), colour = order[channel // 3], channel % 3
        kernels[channel, colour] = 0.25 * (1 + u + v) * waves[u][:, None] * waves[v][None]
    return kernels
