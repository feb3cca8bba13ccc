"""Reads the tensors an encoder needs from a checkpoint's safetensors file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.errors import InputError
from locomo_vqa.models.safetensors_header import StoredTensor, read_header

from .specs import EncoderSpec, tensor_shapes

__all__ = ["check_weights", "read_weights"]

_BYTES = {"F32": 4, "F16": 2, "BF16": 2}


def check_weights(file: Path, spec: EncoderSpec) -> None:
    """Check a weights file by its header.

    Raises:
        InputError: the file is damaged or belongs to another model; the message says why.
    """
    for _ in _checked_tensors(file, spec):
        pass


def read_weights(file: Path, spec: EncoderSpec) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of `tensor_shapes(spec)` as float32.

    Tensors stored as float32 are views of the file, so they are read on demand; others (float16 and
    bfloat16) are converted. Names may have a prefix such as `roberta.`.

    Raises:
        InputError: see `check_weights`.
    """
    return {name: _read_tensor(file, stored) for name, stored in _checked_tensors(file, spec)}


def _checked_tensors(file: Path, spec: EncoderSpec) -> Iterator[tuple[str, StoredTensor]]:
    """Yield each tensor that the encoder needs, after checking its shape, type and size."""
    try:
        header = read_header(file)
    except ValueError as error:
        raise _wrong_weights(file, spec, str(error)) from None
    prefix = _name_prefix(header)
    size = file.stat().st_size
    for name, shape in tensor_shapes(spec).items():
        stored = header.get(prefix + name)
        if stored is None:
            raise _wrong_weights(file, spec, f"it has no tensor {name}")
        if stored.shape != shape:
            raise _wrong_weights(
                file, spec, f"{name} has shape {list(stored.shape)}, not {list(shape)}"
            )
        if stored.dtype not in _BYTES:
            allowed = ", ".join(_BYTES)
            raise _wrong_weights(
                file, spec, f"{name} is stored as {stored.dtype}, not as {allowed}"
            )
        whole = stored.length == math.prod(shape) * _BYTES[stored.dtype]
        if not whole or stored.offset + stored.length > size:
            raise _wrong_weights(file, spec, f"{name} is cut off")
        yield name, stored


def _name_prefix(header: Iterable[str]) -> str:
    """Return the prefix of BERT's own names, such as `roberta.`."""
    for name in header:
        before, found, _ = name.partition("embeddings.word_embeddings.weight")
        if found:
            return before
    return ""


def _read_tensor(file: Path, stored: StoredTensor) -> NDArray[np.float32]:
    form = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}[stored.dtype]
    if stored.dtype == "F32":
        return np.asarray(np.memmap(file, form, "r", stored.offset, stored.shape))
    count = math.prod(stored.shape)
    values = np.fromfile(file, form, count, offset=stored.offset).reshape(stored.shape)
    if stored.dtype == "F16":
        return values.astype(np.float32)
    wide: NDArray[np.float32] = (values.astype(np.uint32) << 16).view(np.float32)
    return wide


def _wrong_weights(file: Path, spec: EncoderSpec, why: str) -> InputError:
    return InputError(
        f"{file}: is not the weights file of {spec.repository}: {why}.",
        f"Fetch it again: hf download {spec.repository} model.safetensors tokenizer.json",
    )
