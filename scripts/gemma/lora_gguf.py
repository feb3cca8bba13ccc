"""Converts a LoRA adapter in peft's format to the GGUF that llama.cpp adds to a base model.

`python -m scripts.gemma.lora_gguf ADAPTER FILE`. Only plain LoRA on the linear layers of Gemma is
converted; llama.cpp scales it by alpha / rank, as peft does.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

__all__ = ["gguf_name", "write_lora_gguf"]

_LAYERS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""The layers of transformers, and their names in a GGUF."""

_NAME = re.compile(r".*\.layers\.(\d+)\.(self_attn|mlp)\.(\w+)\.lora_([AB])\.weight")


def write_lora_gguf(adapter: Path, out: Path, *, architecture: str = "gemma3") -> int:
    """Write the adapter in a peft folder as a GGUF; return how many layers it changes.

    Raises:
        ValueError: it is not plain LoRA, or changes a layer that has no place in a GGUF.
    """
    gguf: Any = import_module("gguf")
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    _check_plain(config)
    writer = gguf.GGUFWriter(out, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(config["lora_alpha"]))
    names = []
    for name, weight in _weights(adapter):
        writer.add_tensor(name, weight)
        names.append(name)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return len(names) // 2


def gguf_name(name: str) -> str:
    """Return the name in a GGUF of a weight in peft's file.

    Raises:
        ValueError: the layer has no place in a GGUF.
    """
    found = _NAME.fullmatch(name)
    layer = _LAYERS.get(f"{found[2]}.{found[3]}") if found else None
    if found is None or layer is None:
        raise ValueError(f"{name}: this layer can't be converted")
    return f"blk.{found[1]}.{layer}.weight.lora_{found[4].lower()}"


def _weights(adapter: Path) -> Iterator[tuple[str, Any]]:
    stored = load_file(adapter / "adapter_model.safetensors")
    for name, weight in sorted(stored.items()):
        yield gguf_name(name), np.ascontiguousarray(weight, dtype=np.float32)


def _check_plain(config: dict[str, Any]) -> None:
    """Raise a ValueError if llama.cpp would scale or apply the adapter in another way."""
    plain = {"use_dora": False, "use_rslora": False, "rank_pattern": {}, "alpha_pattern": {}}
    for key, value in plain.items():
        if (config.get(key) or value) != value:
            raise ValueError(f"the adapter sets {key}, which can't be converted")
    if config["peft_type"] != "LORA" or (config.get("bias") or "none") != "none":
        raise ValueError("the adapter is not a plain LoRA")


def main() -> None:
    """Read the command line, and convert."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("adapter", type=Path)
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    layers = write_lora_gguf(arguments.adapter, arguments.file)
    print(f"{layers} layers")


if __name__ == "__main__":
    main()
