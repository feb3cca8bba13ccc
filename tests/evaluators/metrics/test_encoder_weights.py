"""Reading safetensors: three number formats, prefixes, and files that are something else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.metrics.encoding.specs import MINILM, ROBERTA_LARGE, tensor_shapes
from locomo_vqa.evaluators.metrics.encoding.weights import check_weights, read_weights

if TYPE_CHECKING:
    import torch

TINY = replace(MINILM, layers=1, width=8, heads=2, inner=16, vocabulary=20, positions=10)


def tensors(dtype: str = "float32") -> dict[str, torch.Tensor]:
    import torch

    chance = torch.Generator().manual_seed(1)
    shapes = tensor_shapes(TINY).items()
    return {
        name: torch.randn(shape, generator=chance).to(getattr(torch, dtype))
        for name, shape in shapes
    }


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("prefix", ["", "roberta."])
def test_tensors_are_read_as_float32(tmp_path: Path, dtype: str, prefix: str) -> None:
    import torch
    from safetensors.torch import save_file

    file = tmp_path / "model.safetensors"
    stored = tensors(dtype)
    save_file({"lm_head.bias": torch.ones(3)} | {prefix + k: v for k, v in stored.items()}, file)
    read = read_weights(file, TINY)
    assert read.keys() == stored.keys()
    for name, values in stored.items():
        assert torch.equal(torch.from_numpy(read[name].copy()), values.to(torch.float32))


def test_the_sizes_are_those_of_the_published_models(minilm: Path) -> None:
    """MiniLM's own file; RoBERTa-large has 355 M parameters, 303 M of them in 24 layers."""
    import torch

    check_weights(minilm / "model.safetensors", MINILM)
    counts = {
        name: torch.Size(shape).numel() for name, shape in tensor_shapes(ROBERTA_LARGE).items()
    }
    layers = sum(count for name, count in counts.items() if name.startswith("encoder."))
    assert layers == 17 * 12_596_224
    assert sum(counts.values()) - layers == (50_265 + 514 + 1 + 2) * 1_024


def test_another_models_file_says_so(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    file = tmp_path / "model.safetensors"
    save_file(tensors(), file)
    with pytest.raises(InputError, match=r"all-MiniLM-L6-v2: .*position_embeddings.* \[10, 8\]"):
        check_weights(file, replace(TINY, positions=12))
    with pytest.raises(InputError, match=r"it has no tensor encoder\.layer\.1\."):
        check_weights(file, replace(TINY, layers=2))
    save_file({name: values.to(torch.int8) for name, values in tensors().items()}, file)
    with pytest.raises(InputError, match="stored as I8, not as F32, F16, BF16"):
        check_weights(file, TINY)


def header(**entry: object) -> bytes:
    text = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **entry}})
    return len(text).to_bytes(8, "little") + text.encode() + bytes(4)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"version https://git-lfs",
        b"\x02" + bytes(7) + b"[]",
        header(shape=[-1]),
        header(shape=[1.5]),
        header(shape=[True]),
        header(data_offsets=[-4, 0]),
        header(data_offsets=[4, 0]),
        header(data_offsets=[0, 1 << 60]),
        header(data_offsets=[0]),
    ],
)
def test_a_file_of_another_format_says_so(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(content)
    with pytest.raises(InputError, match="it is not a safetensors file"):
        check_weights(file, TINY)


def test_a_file_that_is_cut_off_says_so(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    file = tmp_path / "model.safetensors"
    save_file(tensors(), file)
    whole = file.read_bytes()
    header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    file.write_bytes(whole[:-4])
    last = max((k for k in header if k != "__metadata__"), key=lambda k: header[k]["data_offsets"])
    with pytest.raises(InputError, match=rf"{last} is cut off.*Fetch it again: hf download"):
        check_weights(file, TINY)
