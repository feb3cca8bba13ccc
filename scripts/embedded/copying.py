"""A start for the text models that copies: it takes a trained model to find out, and they need it.

Facts, memories and answers are mostly copied from the prompt. A transformer learns late to look
for what followed the same token earlier; here it does so from the start: heads of the first layer
look one, two and three tokens back, and two heads of the second look for a token before which the
present one stood, and pass it on. Training may change all of it.
"""

from __future__ import annotations

import torch
from transformers import Qwen2ForCausalLM

__all__ = ["begin_copying"]

_BACK = (1, 2, 3)
"""How far back the first heads of the first layer look, in tokens."""

_SHARPNESS = 12.0
"""Length of the biases that make them look there."""

_FAST, _SLOW = 0.05, 0.01
"""Rates of rotation, in radians a token, above which a pair of channels tells near places apart,
and below which it does not mind where a token stands."""

_MATCH = 1.5
"""How strongly the second layer's heads look for a match."""

_MATCHING = 2
"""Heads of the second layer that do."""


@torch.no_grad()
def begin_copying(model: Qwen2ForCausalLM, seed: int = 1) -> None:
    """Set attention of the first two layers; every head must have keys and values of its own."""
    config, chance = model.config, torch.Generator().manual_seed(seed)
    width, heads = config.hidden_size, config.num_attention_heads
    if config.num_key_value_heads != heads:
        raise ValueError("Copying begins with as many key-value heads as heads.")
    size = width // heads
    rates = config.rope_parameters["rope_theta"] ** -(torch.arange(0, size, 2) / size)
    first, second = (layer.self_attn for layer in model.model.layers[:2])
    for head, back in enumerate(_BACK[:heads]):
        rows = slice(head * size, (head + 1) * size)
        for part in (first.q_proj, first.k_proj):
            part.weight[rows] *= 0.1
        first.k_proj.bias[rows] = _pointer(rates, 0)
        first.q_proj.bias[rows] = _pointer(rates, back)
    kept, put = _directions(size, width, chance), _directions(size, width, chance)
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
        passed = _directions(size, width, chance)
        second.v_proj.weight[rows] = passed
        second.o_proj.weight[:, rows] = passed.T


def _pointer(rates: torch.Tensor, back: int) -> torch.Tensor:
    """Return a bias that, rotated, fits best a key's so many tokens back."""
    fast = (rates > _FAST).float()
    length = _SHARPNESS * torch.sqrt(fast / fast.sum())
    return torch.cat([length * torch.cos(rates * back), -length * torch.sin(rates * back)])


def _directions(count: int, width: int, chance: torch.Generator) -> torch.Tensor:
    """Return directions at right angles, of shape (count, width)."""
    across, _ = torch.linalg.qr(torch.randn(width, count, generator=chance))
    return across.T
