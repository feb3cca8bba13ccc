"""Initial weights with which the text models copy from their prompt.

Facts, memories and answers are mostly copied from the prompt. A transformer learns late to look up
what followed an earlier occurrence of the current token; here it does so from the start. Heads of
the first layer attend one, two and three tokens back, and two heads of the second layer attend to
the tokens that followed the current token earlier, and copy them. With `pairs`, further heads do so
with what followed the current two tokens. Training may change all of this.
"""

from __future__ import annotations

import torch
from transformers import Qwen2Model

__all__ = ["initialise_copying"]

_BACK = (1, 2, 3)
"""How far back the first heads of the first layer attend, in tokens."""

_SHARPNESS = 12.0
"""The length of the biases that make them attend there."""

_FAST, _SLOW = 0.05, 0.01
"""Rates of rotation, in radians per token. Above the first, a pair of channels distinguishes nearby
positions; below the second, it ignores a token's position."""

_MATCH = 1.5
"""How strongly the second layer's heads attend to a match."""

_MATCHING = 2
"""How many heads of the second layer do this."""

_PAIR_MATCH = 5.0
"""How strongly the heads attend that match two tokens."""

_WRITTEN = 0.1
"""How much the first layer writes if there are pairs: about as much as a token has itself."""


@torch.no_grad()
def initialise_copying(model: Qwen2Model, seed: int = 1, *, pairs: bool = False) -> None:
    """Set the attention of the first two layers; every head must have its own key-value head.

    With `pairs`, all but two heads of the second layer match two tokens.
    """
    config, generator = model.config, torch.Generator().manual_seed(seed)
    width, heads = config.hidden_size, config.num_attention_heads
    if config.num_key_value_heads != heads:
        raise ValueError("The numbers of key-value heads and of heads must be equal.")
    size = width // heads
    rates = config.rope_parameters["rope_theta"] ** -(torch.arange(0, size, 2) / size)
    first, second = (layer.self_attn for layer in model.layers[:2])
    for head, back in enumerate(_BACK[:heads]):
        rows = slice(head * size, (head + 1) * size)
        for part in (first.q_proj, first.k_proj):
            part.weight[rows] *= 0.1
        first.k_proj.bias[rows] = _pointer(rates, 0)
        first.q_proj.bias[rows] = _pointer(rates, back)
    kept, put = _directions(size, width, generator), _directions(size, width, generator)
    first.v_proj.weight[:size] = kept
    first.o_proj.weight[:, :size] = put.T
    slow = (rates < _SLOW).nonzero().flatten()
    slow = torch.cat([slow, slow + size // 2])
    for head in range(min(_MATCHING, heads)):
        rows = slice(head * size, (head + 1) * size)
        second.q_proj.weight[rows] = 0
        second.k_proj.weight[rows] = 0
        second.q_proj.weight[head * size + slow] = _MATCH * kept[: len(slow)]
        second.k_proj.weight[head * size + slow] = _MATCH * put[: len(slow)]
        passed = _directions(size, width, generator)
        second.v_proj.weight[rows] = passed
        second.o_proj.weight[:, rows] = passed.T
    if pairs:
        _match_pairs(model, slow, kept, put, generator)


@torch.no_grad()
def _match_pairs(
    model: Qwen2Model,
    slow: torch.Tensor,
    kept: torch.Tensor,
    put: torch.Tensor,
    generator: torch.Generator,
) -> None:
    """Set heads of the second layer that attend to what followed the current two tokens earlier.

    Half of a head's slow channels match the current token with the one before; the other half match
    the token before with the one two before, which the first layer's second head writes.
    """
    size, width = kept.shape
    first, second = (layer.self_attn for layer in model.layers[:2])
    put_second = _directions(size, width, generator)
    first.v_proj.weight[size : 2 * size] = kept
    first.o_proj.weight[:, size : 2 * size] = put_second.T
    first.o_proj.weight[:, : 2 * size] *= _WRITTEN
    current, before = slow[0::2], slow[1::2]
    for head in range(_MATCHING, model.config.num_attention_heads):
        rows = slice(head * size, (head + 1) * size)
        part = torch.arange(len(current)) + 8 * (head - _MATCHING)
        for proj in (second.q_proj, second.k_proj):
            proj.weight[rows] = 0
        second.q_proj.weight[head * size + current] = _PAIR_MATCH * kept[part % size]
        second.k_proj.weight[head * size + current] = _PAIR_MATCH * put[part % size]
        second.q_proj.weight[head * size + before] = _PAIR_MATCH * put[part % size]
        second.k_proj.weight[head * size + before] = _PAIR_MATCH * put_second[part % size]
        passed = _directions(size, width, generator)
        second.v_proj.weight[rows] = passed
        second.o_proj.weight[:, rows] = passed.T


def _pointer(rates: torch.Tensor, back: int) -> torch.Tensor:
    """Return a bias that, rotated, best matches that of a key `back` tokens earlier."""
    fast = (rates > _FAST).float()
    length = _SHARPNESS * torch.sqrt(fast / fast.sum())
    return torch.cat([length * torch.cos(rates * back), -length * torch.sin(rates * back)])


def _directions(count: int, width: int, generator: torch.Generator) -> torch.Tensor:
    """Return orthogonal directions, of shape (count, width)."""
    across, _ = torch.linalg.qr(torch.randn(width, count, generator=generator))
    return across.T
