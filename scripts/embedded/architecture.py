"""The embedded models' sizes, as configurations of InternVL in transformers."""

from __future__ import annotations

from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import InternVLConfig, InternVLForConditionalGeneration

from locomo_vqa.models.embedded.pixels import SIDE
from locomo_vqa.models.embedded.runtime import Size
from scripts.embedded.copying import initialise_copying
from scripts.embedded.tokenizer import CONTEXT, END, PAD

__all__ = ["GRID", "PATCH", "make_config", "make_model", "make_student", "token_order"]

PATCH = 8
"""The width and height of a patch, in pixels."""

GRID = SIDE // PATCH // 2
"""Tokens along each side of an image, after InternVL merges patches two by two."""

_VISION: dict[Size, dict[str, Any]] = {
    "large": {"hidden_size": 128, "num_hidden_layers": 4, "intermediate_size": 448},
    "small": {"hidden_size": 64, "num_hidden_layers": 2, "intermediate_size": 192},
}
_TEXT: dict[Size, dict[str, Any]] = {
    "large": {
        "hidden_size": 160,
        "num_hidden_layers": 4,
        "intermediate_size": 448,
        "num_attention_heads": 5,
    },
    "small": {
        "hidden_size": 96,
        "num_hidden_layers": 3,
        "intermediate_size": 256,
        "num_attention_heads": 3,
    },
}


def make_config(size: Size, tokenizer: Tokenizer) -> InternVLConfig:
    """Return the configuration of a size; head size 32, one key-value head, tied embeddings."""
    vision = {
        "num_attention_heads": _VISION[size]["hidden_size"] // 32,
        "image_size": [SIDE, SIDE],
        "patch_size": [PATCH, PATCH],
        "layer_scale_init_value": 1.0,
        "attention_bias": True,
        "use_mean_pooling": True,
    }
    text = {
        "model_type": "qwen2",
        "vocab_size": tokenizer.get_vocab_size(),
        "num_key_value_heads": 1,
        "max_position_embeddings": 1024,
        "rope_theta": 10000.0,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": tokenizer.token_to_id(END),
        "pad_token_id": tokenizer.token_to_id(PAD),
    }
    return InternVLConfig(
        vision_config=_VISION[size] | vision,
        text_config=_TEXT[size] | text,
        image_token_id=tokenizer.token_to_id(CONTEXT),
        image_seq_length=GRID * GRID,
        downsample_ratio=0.5,
        tie_word_embeddings=True,
    )


def make_model(size: Size, tokenizer: Tokenizer) -> InternVLForConditionalGeneration:
    """Return an untrained model whose patch positions start as sines and cosines."""
    return _with_waves(make_config(size, tokenizer))


def make_student(tokenizer: Tokenizer) -> InternVLForConditionalGeneration:
    """Return an untrained student: the small model, which also copies from its prompt.

    Every head has its own keys and values, and positions rotate as slowly as in Qwen2 itself, so
    that distant tokens can be matched.
    """
    config = make_config("small", tokenizer)
    text = config.text_config
    text.num_key_value_heads = text.num_attention_heads
    text.max_position_embeddings = 2048
    text.rope_parameters = {"rope_theta": 1_000_000.0, "rope_type": "default"}
    model = _with_waves(config)
    with torch.no_grad():
        model.get_input_embeddings().weight.normal_(std=0.05)
    initialise_copying(model.model.language_model)
    return model


def _with_waves(config: InternVLConfig) -> InternVLForConditionalGeneration:
    model = InternVLForConditionalGeneration(config)
    embeddings = model.model.vision_tower.embeddings
    with torch.no_grad():
        width = config.vision_config.hidden_size
        embeddings.position_embeddings[:, 1:] = 0.3 * _waves(SIDE // PATCH, width)
    return model


def _waves(side: int, width: int) -> torch.Tensor:
    """Return waves for each patch's row and column, in half of the width each."""
    position = torch.arange(side).float()
    rates = 1 / 100 ** (torch.arange(width // 4) / (width / 4))
    angles = position[:, None] * rates[None]
    one = torch.cat([angles.sin(), angles.cos()], 1)
    rows = one[:, None].expand(side, side, -1)
    columns = one[None].expand(side, side, -1)
    return torch.cat([rows, columns], -1).reshape(side * side, width)


def token_order(model: InternVLForConditionalGeneration) -> torch.Tensor:
    """Return, for each of an image's tokens, its position in the grid, counted row by row."""
    side = SIDE // PATCH
    patches = torch.arange(side * side).float().reshape(1, side, side, 1).repeat(1, 1, 1, 4)
    first = model.model.pixel_shuffle(patches, 0.5).reshape(GRID * GRID, -1)[:, 0].long()
    return (first // side // 2) * GRID + (first % side) // 2
