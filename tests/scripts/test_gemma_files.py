"""The files that llama.cpp gets: an adapter as a GGUF, and a model with a chat template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from scripts.gemma.lora_gguf import gguf_name, write_lora_gguf
from scripts.gemma.model import TEMPLATE, add_template

gguf = pytest.importorskip("gguf")

CONFIG = {"peft_type": "LORA", "r": 2, "lora_alpha": 6, "bias": "none", "use_dora": False}
LAYER = "base_model.model.model.layers.3.self_attn.q_proj"


def write_adapter(folder: Path, layer: str = LAYER, **changes: Any) -> tuple[Any, Any]:
    numbers = np.random.default_rng(0)
    a = numbers.normal(size=(2, 5)).astype(np.float32)
    b = numbers.normal(size=(4, 2)).astype(np.float32)
    weights = {f"{layer}.lora_A.weight": a, f"{layer}.lora_B.weight": b}
    save_file(weights, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({**CONFIG, **changes}))
    return a, b


def test_an_adapter_has_the_names_and_shapes_of_llama_cpp(tmp_path: Path) -> None:
    """As llama.cpp's own convert_lora_to_gguf.py writes them; a shape is reversed in a GGUF."""
    a, b = write_adapter(tmp_path)
    assert write_lora_gguf(tmp_path, tmp_path / "lora.gguf") == 1
    read = gguf.GGUFReader(tmp_path / "lora.gguf")
    fields = {name: field.contents() for name, field in read.fields.items()}
    assert fields["general.architecture"] == "gemma3"
    assert fields["general.type"] == "adapter"
    assert fields["adapter.type"] == "lora"
    assert fields["adapter.lora.alpha"] == 6.0
    tensors = {tensor.name: tensor for tensor in read.tensors}
    assert set(tensors) == {"blk.3.attn_q.weight.lora_a", "blk.3.attn_q.weight.lora_b"}
    assert tensors["blk.3.attn_q.weight.lora_a"].shape.tolist() == [5, 2]
    assert (tensors["blk.3.attn_q.weight.lora_a"].data == a).all()
    assert (tensors["blk.3.attn_q.weight.lora_b"].data == b).all()


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ],
)
def test_each_linear_layer_has_a_place(layer: str, name: str) -> None:
    found = gguf_name(f"base_model.model.model.layers.17.{layer}.lora_B.weight")
    assert found == f"blk.17.{name}.weight.lora_b"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"use_dora": True}, "use_dora"),
        ({"use_rslora": True}, "use_rslora"),
        ({"rank_pattern": {"q_proj": 4}}, "rank_pattern"),
        ({"bias": "all"}, "plain LoRA"),
        ({"layer": "base_model.model.lm_head"}, "can't be converted"),
    ],
)
def test_what_llama_cpp_would_apply_in_another_way_is_refused(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    write_adapter(tmp_path, **changes)
    with pytest.raises(ValueError, match=message):
        write_lora_gguf(tmp_path, tmp_path / "lora.gguf")


def test_a_model_gets_the_template_and_keeps_its_weights(tmp_path: Path) -> None:
    source, target = tmp_path / "a.gguf", tmp_path / "b.gguf"
    weights = np.arange(12, dtype=np.float32).reshape(3, 4)
    writer = gguf.GGUFWriter(source, "gemma3")
    writer.add_block_count(18)
    writer.add_chat_template("another")
    writer.add_tensor("output_norm.weight", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    add_template(source, target)
    read = gguf.GGUFReader(target)
    assert read.fields["tokenizer.chat_template"].contents() == TEMPLATE.read_text()
    assert read.fields["gemma3.block_count"].contents() == 18
    (tensor,) = read.tensors
    assert (tensor.data == weights).all()
    assert not target.with_suffix(".part").exists()
