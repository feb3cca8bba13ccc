"""Reads the header of a safetensors file, without torch.

Source: the format's description, https://github.com/huggingface/safetensors (eight bytes with the
length of a JSON header, the header, then the tensors).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["StoredTensor", "read_header"]

_MAX_HEADER_BYTES = 100_000_000
"""The format's own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTensor:
    """Where a tensor is in its file."""

    dtype: str
    """The type of its numbers, such as `BF16`."""
    shape: tuple[int, ...]
    """Its dimensions."""
    offset: int
    """Where it begins, in bytes from the file's start."""
    length: int
    """How many bytes it takes."""


def read_header(file: Path) -> dict[str, StoredTensor]:
    """Return every tensor of a file by its name; the tensors themselves are not read.

    Raises:
        OSError: the file can't be read.
        ValueError: it is not a safetensors file.
    """
    with file.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        if size > _MAX_HEADER_BYTES:
            raise ValueError(f"{file} is not a safetensors file")
        try:
            header = json.loads(stream.read(size))
            header.pop("__metadata__", None)
            return {name: _tensor(entry, 8 + size) for name, entry in header.items()}
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            raise ValueError(f"{file} is not a safetensors file") from None


def _tensor(entry: Any, start: int) -> StoredTensor:
    first, end = entry["data_offsets"]
    return StoredTensor(
        dtype=str(entry["dtype"]),
        shape=tuple(entry["shape"]),
        offset=start + first,
        length=end - first,
    )
