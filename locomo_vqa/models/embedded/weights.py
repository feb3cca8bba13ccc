"""Reads an embedded model's bf16 weights without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.models.safetensors_header import StoredTensor, read_header

__all__ = ["read_bf16_header", "read_tensor"]


def read_bf16_header(file: Path) -> dict[str, StoredTensor]:
    """Return every tensor of a file by its name.

    Raises:
        ValueError: a tensor is not stored as bf16, or it is not a safetensors file.
    """
    header = read_header(file)
    for name, stored in header.items():
        if stored.dtype != "BF16":
            raise ValueError(f"{name} is {stored.dtype}, not BF16")
    return header


def read_tensor(file: Path, stored: StoredTensor) -> NDArray[np.float32]:
    """Return a bf16 tensor; bf16 is the upper half of float32, so nothing is lost."""
    halves = np.fromfile(file, "<u2", stored.length // 2, offset=stored.offset)
    wide = halves.astype(np.uint32) << 16
    return wide.view(np.float32).reshape(stored.shape)
