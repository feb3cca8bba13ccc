"""Initial weights that help the vision tower learn shapes sooner: heads attend to neighbours.

A transformer learns slowly which patches are next to each other. Here it knows from the start, like
a convolution; training may change all of this.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from transformers import InternVLForConditionalGeneration

__all__ = ["attend_to_neighbours"]

_POSITION = 32
"""The channels that encode where a patch is: one head's width. The others encode what is on it."""

_WAVES = _POSITION // 4
"""Waves per direction; at their rates, positions on a grid of up to 16 are orthogonal."""

_SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))
_OFFSETS = (_SIDES, ((1, 1), (1, -1), (-1, 1), (-1, -1)), tuple((2 * y, 2 * x) for y, x in _SIDES))
"""By layer and head: the neighbour attended to, down and to the right. Later layers are free."""

_SHARPNESS = 2.0


@torch.no_grad()
def attend_to_neighbours(model: InternVLForConditionalGeneration) -> None:
    """Set the patch embedding, the positions and the first layers' attention."""
    tower = model.model.vision_tower
    side = tower.embeddings.patch_embeddings.patch_shape[0]
    tower.embeddings.position_embeddings[:, 1:] = 0
    tower.embeddings.position_embeddings[:, 1:, :_POSITION] = math.sqrt(2) * _position_waves(side)
    projection = tower.embeddings.patch_embeddings.projection
    projection.weight[:_POSITION] = 0
    projection.weight[_POSITION:] = _cosines(len(projection.weight) - _POSITION, projection.weight)
    for number, layer in enumerate(tower.encoder.layer):
        attention = layer.attention
        for each in (attention.v_proj, attention.projection_layer, layer.mlp.fc1, layer.mlp.fc2):
            nn.init.normal_(each.weight, std=0.7 / math.sqrt(each.weight.shape[1]))
        attention.projection_layer.weight[:_POSITION] = 0
        layer.mlp.fc2.weight[:_POSITION] = 0
        offsets = _OFFSETS[number] if number < len(_OFFSETS) else ()
        for head, (down, across) in enumerate(offsets[: attention.num_heads]):
            rows = slice(head * _POSITION, (head + 1) * _POSITION)
            gain = _SHARPNESS * (1 + 0.2 * number)
            attention.k_proj.weight[rows, :_POSITION] = torch.eye(_POSITION) * math.sqrt(gain)
            rotated = torch.block_diag(_rotation(down), _rotation(across))
            attention.q_proj.weight[rows, :_POSITION] = rotated * math.sqrt(gain)


def _rates() -> torch.Tensor:
    return (torch.arange(_WAVES) + 0.5) * math.pi / _WAVES


def _position_waves(side: int) -> torch.Tensor:
    """Return cosines and sines of each patch's row and column, of shape (patches, 32)."""
    angles = torch.arange(side)[:, None] * _rates()[None]
    one = torch.cat([angles.cos(), angles.sin()], 1)
    rows = one[:, None].expand(side, side, -1)
    columns = one[None].expand(side, side, -1)
    return torch.cat([rows, columns], -1).reshape(side * side, _POSITION)


def _rotation(steps: int) -> torch.Tensor:
    """Return the rotation that moves the waves of a position by `steps`."""
    angle = _rates() * steps
    cosine, sine = torch.diag(angle.cos()), torch.diag(angle.sin())
    return torch.cat([torch.cat([cosine, -sine], 1), torch.cat([sine, cosine], 1)], 0)


def _cosines(count: int, like: torch.Tensor) -> torch.Tensor:
    """Return two-dimensional cosines of each colour, coarse ones first, fine ones stronger."""
    side = like.shape[-1]
    angles = (torch.arange(side) + 0.5) * math.pi / side
    waves = torch.stack(
        [(angles * k).cos() * math.sqrt((1 if k == 0 else 2) / side) for k in range(side)]
    )
    order = sorted(((u, v) for u in range(side) for v in range(side)), key=lambda uv: (sum(uv), uv))
    kernels = torch.zeros(count, *like.shape[1:])
    for channel in range(count):
        (u, v), colour = order[channel // 3], channel % 3
        kernels[channel, colour] = 0.25 * (1 + u + v) * waves[u][:, None] * waves[v][None]
    return kernels
