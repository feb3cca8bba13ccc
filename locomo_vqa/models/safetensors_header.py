"""Reads the header of a safetensors file, without torch.

Source: the format's description, https://github.com/huggingface/safetensors (eight bytes with the
length of a JSON header, the header, then the tensors).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.bounded_reading import open_regular
from locomo_vqa.json_gate import load_json

__all__ = ["StoredTensor", "read_header"]

_MAX_HEADER_BYTES = 32 << 20
"""A third of the format's own limit: a model of 100,000 tensors has 15 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTensor:
    """A tensor's location in its file."""

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
        OSError: the file can't be read, or is a device, a pipe or a folder.
        ValueError: it is not a safetensors file, or it is cut off.
    """
    with open_regular(file) as stream:
        size = int.from_bytes(stream.read(8), "little")
        if size > _MAX_HEADER_BYTES:
            raise ValueError("it is not a safetensors file")
        content = stream.read(size)
        length = stream.seek(0, os.SEEK_END)
    if len(content) < size and content.startswith(b"{"):
        raise ValueError(f"it is cut off after {length:,} bytes, within its header")
    try:
        header = load_json(content)
        header.pop("__metadata__", None)
        tensors = {name: _tensor(entry, 8 + size) for name, entry in header.items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError("it is not a safetensors file") from None
    _check_length(tensors, length)
    return tensors


def _check_length(tensors: Mapping[str, StoredTensor], length: int) -> None:
    ends = {name: each.offset + each.length for name, each in tensors.items()}
    lost = [name for name, end in ends.items() if end > length]
    if lost:
        first, whole = min(lost, key=lambda name: ends[name]), max(ends.values())
        raise ValueError(f"{first} is cut off: the file has {length:,} of {whole:,} bytes")


def _tensor(entry: Any, start: int) -> StoredTensor:
    first, end = map(_count, entry["data_offsets"])
    if end < first:
        raise ValueError("a tensor ends before it begins")
    return StoredTensor(
        dtype=str(entry["dtype"]),
        shape=tuple(map(_count, entry["shape"])),
        offset=start + first,
        length=end - first,
    )


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise ValueError(f"{value!r} is not a size")
    return value
