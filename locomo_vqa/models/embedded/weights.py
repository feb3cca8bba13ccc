"""Reads a checkpoint's safetensors file without torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Place", "places", "read_tensor"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bf16 tensor lies in its file, in bytes from the file's start."""

    shape: tuple[int, ...]
    offset: int
    length: int


def places(file: Path) -> dict[str, Place]:
    """Return where each tensor lies.

    Raises:
        ValueError: a tensor is not stored as bf16.
    """
    with file.open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
        header = json.loads(opened.read(size))
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        if entry["dtype"] != "BF16":
            raise ValueError(f"{name} is {entry['dtype']}, not BF16")
        start, end = entry["data_offsets"]
        found[name] = Place(tuple(entry["shape"]), 8 + size + start, end - start)
    return found


def read_tensor(file: Path, place: Place) -> NDArray[np.float32]:
    """Return a tensor; bf16 is the upper half of float32, so nothing is lost."""
    halves = np.fromfile(file, "<u2", place.length // 2, offset=place.offset)
    wide = halves.astype(np.uint32) << 16
    return wide.view(np.float32).reshape(place.shape)
