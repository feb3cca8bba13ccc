"""Reads the tensors an encoder needs from a checkpoint's safetensors file.

Source: the format's description, https://github.com/huggingface/safetensors (eight bytes with the
length of a JSON header, the header, then the tensors).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.errors import InputError

from .specs import EncoderSpec, tensor_shapes

__all__ = ["check_weights", "read_weights"]

_BYTES = {"F32": 4, "F16": 2, "BF16": 2}
_LONGEST_HEADER = 100_000_000  # safetensors' own limit


def check_weights(file: Path, spec: EncoderSpec) -> None:
    """Look at the file's header only.

    Raises:
        InputError: the file is damaged or belongs to another model; the message says what shows
            it.
    """
    for _ in _places(file, spec):
        pass


def read_weights(file: Path, spec: EncoderSpec) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of `tensor_shapes(spec)` as float32.

    Those stored as float32 are views of the file, so the system reads them as they are used; the
    others (float16 and bfloat16) are converted. Names may have a prefix such as `roberta.`.

    Raises:
        InputError: as for `check_weights`.
    """
    return {place.name: _tensor(file, place) for place in _places(file, spec)}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tensor lies, in bytes from the file's start."""

    name: str
    kind: str
    shape: tuple[int, ...]
    offset: int


def _places(file: Path, spec: EncoderSpec) -> Iterator[_Place]:
    header, start = _header(file, spec)
    prefix = _prefix(header)
    size = file.stat().st_size
    for name, shape in tensor_shapes(spec).items():
        entry = header.get(prefix + name)
        if not isinstance(entry, dict):
            raise _wrong(file, spec, f"it has no tensor {name}")
        if tuple(entry.get("shape", ())) != shape:
            raise _wrong(file, spec, f"{name} has shape {entry.get('shape')}, not {list(shape)}")
        kind = entry.get("dtype")
        if kind not in _BYTES:
            raise _wrong(file, spec, f"{name} is stored as {kind}, not as {', '.join(_BYTES)}")
        first, end = entry["data_offsets"]
        if end - first != math.prod(shape) * _BYTES[kind] or start + end > size:
            raise _wrong(file, spec, f"{name} is cut off")
        yield _Place(name, kind, shape, start + first)


def _header(file: Path, spec: EncoderSpec) -> tuple[Mapping[str, Any], int]:
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if length > _LONGEST_HEADER:
            raise _wrong(file, spec, "it is no safetensors file")
        try:
            header = json.loads(opened.read(length))
        except ValueError:
            raise _wrong(file, spec, "it is no safetensors file") from None
    if not isinstance(header, dict):
        raise _wrong(file, spec, "it is no safetensors file")
    return header, 8 + length


def _prefix(header: Mapping[str, Any]) -> str:
    """Return what stands before BERT's own names, such as `roberta.`."""
    for name in header:
        before, found, _ = name.partition("embeddings.word_embeddings.weight")
        if found:
            return before
    return ""


def _tensor(file: Path, place: _Place) -> NDArray[np.float32]:
    stored = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}[place.kind]
    if place.kind == "F32":
        return np.asarray(np.memmap(file, stored, "r", place.offset, place.shape))
    count = math.prod(place.shape)
    values = np.fromfile(file, stored, count, offset=place.offset).reshape(place.shape)
    if place.kind == "F16":
        return values.astype(np.float32)
    wide: NDArray[np.float32] = (values.astype(np.uint32) << 16).view(np.float32)
    return wide


def _wrong(file: Path, spec: EncoderSpec, why: str) -> InputError:
    return InputError(
        f"{file}: is not the weights file of {spec.repository}: {why}.",
        f"Fetch it again: hf download {spec.repository} model.safetensors tokenizer.json",
    )
