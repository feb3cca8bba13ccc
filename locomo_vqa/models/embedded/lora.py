"""Reads a LoRA adapter for an embedded model's graph, without torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.models.safetensors_header import StoredTensor, read_header

__all__ = ["Lora", "read_lora"]

Lora = Mapping[str, NDArray[np.float32]]
"""The inputs of the graph: `<layer>.A` of shape (inputs, rank), `<layer>.B` of shape (rank,
outputs), already scaled."""

_KEY = re.compile(r".*\b(layers\.\d+\.(?:self_attn|mlp)\.\w+_proj)\.lora_([AB])\.weight")
_TYPES = {"F16": "<f2", "F32": "<f4"}
_CHANGES_MORE = ("alpha_pattern", "rank_pattern", "modules_to_save", "trainable_token_indices")


def read_lora(
    weights: Path, config: Mapping[str, Any], known: Mapping[str, tuple[Any, ...]]
) -> Lora:
    """Return an adapter's matrices as inputs for a graph.

    Args:
        weights: the adapter's safetensors file.
        config: the content of its adapter_config.json.
        known: the shapes of the graph's inputs, by name.

    Raises:
        OSError: the file can't be read.
        ValueError: it is not a safetensors file, or has weights that the graph has no input for.
    """
    for name in (*_CHANGES_MORE, "use_dora", "lora_bias"):
        if config.get(name):
            raise ValueError(f"its {name} changes more than linear layers")
    found: dict[str, NDArray[np.float32]] = {}
    for key, stored in read_header(weights).items():
        match = _KEY.fullmatch(key)
        name = f"{match[1]}.{match[2]}" if match and "vision" not in key else ""
        if name not in known:
            raise ValueError(f"the model has no place for {key}")
        matrix = _read(weights, stored, key).T
        for size, wanted in zip(matrix.shape, known[name], strict=True):
            if isinstance(wanted, int) and size != wanted:
                raise ValueError(f"{key} has size {size}, and the model {wanted}")
        found[name] = np.ascontiguousarray(matrix)
    return _scaled(found, config)


def _scaled(found: dict[str, NDArray[np.float32]], config: Mapping[str, Any]) -> Lora:
    """Multiply each B by alpha / rank, or by alpha / √rank with rslora."""
    for name in [name for name in found if name.endswith(".B")]:
        first = found.get(f"{name[:-1]}A")
        rank = found[name].shape[0]
        if first is None or first.shape[1] != rank:
            raise ValueError(f"{name[:-2]} lacks a matrix, or its matrices differ in rank")
        if rank != config.get("r"):
            raise ValueError(f"{name[:-2]} has rank {rank}, its configuration {config.get('r')}")
        divisor = np.sqrt(rank) if config.get("use_rslora") else rank
        found[name] = (found[name] * np.float32(config["lora_alpha"] / divisor)).astype(np.float32)
    if not found or 2 * len([name for name in found if name.endswith(".B")]) != len(found):
        raise ValueError("it has no pairs of LoRA matrices")
    return found


def _read(file: Path, stored: StoredTensor, key: str) -> NDArray[np.float32]:
    if len(stored.shape) != 2:
        raise ValueError(f"{key} is not a matrix")
    if stored.dtype == "BF16":
        halves = np.fromfile(file, "<u2", stored.length // 2, offset=stored.offset)
        return (halves.astype(np.uint32) << 16).view(np.float32).reshape(stored.shape)
    if stored.dtype not in _TYPES:
        raise ValueError(f"{key} is {stored.dtype}, not F32, F16 or BF16")
    kind = np.dtype(_TYPES[stored.dtype])
    flat = np.fromfile(file, kind, stored.length // kind.itemsize, offset=stored.offset)
    return flat.astype(np.float32).reshape(stored.shape)
