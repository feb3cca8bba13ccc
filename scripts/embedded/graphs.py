"""The ONNX graphs of a model: for images, for text, and for text with an adapter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from transformers import InternVLConfig, Qwen2Config

from scripts.embedded.graph import GraphBuilder

__all__ = ["write_graphs"]


def write_graphs(folder: Path, config: InternVLConfig | Qwen2Config) -> None:
    """Write a checkpoint's graphs into its folder.

    These are text.onnx, text_lora.onnx, whose linear layers take a LoRA each, and vision.onnx if
    the model takes images.
    """
    text, root = config, "model"
    if isinstance(config, InternVLConfig):
        _write_vision(folder, config)
        text, root = config.text_config, "language_model.model"
    for file in ("text.onnx", "text_lora.onnx"):
        _write_text(folder / file, text, root, lora=file == "text_lora.onnx")


def _floats(name: str, *shape: str | int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _write_vision(folder: Path, config: InternVLConfig) -> None:
    """Write the graph from pixels (images, 3, side, side) to tokens (images, tokens, width)."""
    graph, vision = GraphBuilder(folder), config.vision_config
    side, patch = vision.image_size[0], vision.patch_size[0]
    width, across = vision.hidden_size, side // patch
    root = "vision_tower.embeddings"
    kernel = graph.weight(f"{root}.patch_embeddings.projection.weight")
    bias = graph.weight(f"{root}.patch_embeddings.projection.bias")
    patches = graph.add("Conv", "pixels", kernel, bias, strides=[patch, patch])
    patches = graph.add("Transpose", graph.reshape(patches, [0, width, -1]), perm=[0, 2, 1])
    count = graph.add("Shape", "pixels", start=0, end=1)
    shape = graph.add("Concat", count, graph.constant([1, width], np.int64), axis=0)
    first = graph.add("Expand", graph.weight(f"{root}.cls_token"), shape)
    state = graph.add("Concat", first, patches, axis=1)
    state = graph.add("Add", state, graph.weight(f"{root}.position_embeddings"))
    for layer in range(vision.num_hidden_layers):
        state = _vision_layer(graph, config, state, f"vision_tower.encoder.layer.{layer}")
    patches = graph.add(
        "Slice",
        state,
        graph.constant([1], np.int64),
        graph.constant([1 + across * across], np.int64),
        graph.constant([1], np.int64),
    )
    merged = _pixel_shuffle(graph, patches, across, width)
    root = "multi_modal_projector"
    merged = graph.layer_norm(merged, f"{root}.layer_norm", 1e-5)
    hidden = graph.add("Gelu", graph.linear(merged, f"{root}.linear_1"))
    tokens = graph.linear(hidden, f"{root}.linear_2")
    graph.nodes.append(helper.make_node("Identity", [tokens], ["tokens"]))
    graph.save(
        folder / "vision.onnx",
        [_floats("pixels", "pictures", 3, side, side)],
        [_floats("tokens", "pictures", (across // 2) ** 2, config.text_config.hidden_size)],
    )


def _vision_layer(graph: GraphBuilder, config: InternVLConfig, state: str, root: str) -> str:
    vision = config.vision_config
    size = vision.hidden_size // vision.num_attention_heads
    seen = graph.layer_norm(state, f"{root}.layernorm_before", vision.layer_norm_eps)
    query, key, value = (
        graph.heads(
            graph.linear(seen, f"{root}.attention.{part}_proj"), vision.num_attention_heads, size
        )
        for part in "qkv"
    )
    mixed = graph.attention(query, key, value, size, None)
    mixed = graph.linear(mixed, f"{root}.attention.projection_layer")
    state = graph.add("Add", state, graph.add("Mul", mixed, graph.weight(f"{root}.lambda_1")))
    seen = graph.layer_norm(state, f"{root}.layernorm_after", vision.layer_norm_eps)
    hidden = graph.add("Gelu", graph.linear(seen, f"{root}.mlp.fc1"))
    hidden = graph.linear(hidden, f"{root}.mlp.fc2")
    return graph.add("Add", state, graph.add("Mul", hidden, graph.weight(f"{root}.lambda_2")))


def _pixel_shuffle(graph: GraphBuilder, patches: str, across: int, width: int) -> str:
    """Add InternVL's pixel shuffle: each 2 × 2 patches become one token, four times as wide."""
    half = across // 2
    grid = graph.reshape(patches, [0, across, half, width * 2])
    grid = graph.add("Transpose", grid, perm=[0, 2, 1, 3])
    grid = graph.reshape(grid, [0, half, half, width * 4])
    grid = graph.add("Transpose", grid, perm=[0, 2, 1, 3])
    return graph.reshape(grid, [0, half * half, width * 4])


def _write_text(file: Path, text: Qwen2Config, root: str, *, lora: bool) -> None:
    """Write the graph from embeddings, positions, a mask and a cache to the last token's logits."""
    graph = GraphBuilder(file.parent)
    size = text.hidden_size // text.num_attention_heads
    cosine, sine = _rotation(graph, size, text.rope_parameters["rope_theta"])
    state, keys, values = "embeddings", [], []
    for layer in range(text.num_hidden_layers):
        state, key, value = _text_layer(
            graph, text, state, f"{root}.layers.{layer}", layer, (cosine, sine), lora=lora
        )
        keys.append(key)
        values.append(value)
    state = graph.rms_norm(state, f"{root}.norm", text.rms_norm_eps)
    last = graph.add("Gather", state, graph.constant(-1, np.int64), axis=1)
    table = graph.weight(f"{root}.embed_tokens.weight")
    logits = graph.add("MatMul", last, graph.add("Transpose", table, perm=[1, 0]))
    graph.nodes.append(helper.make_node("Identity", [logits], ["logits"]))
    axis = graph.constant([0], np.int64)
    for name, each in (("keys", keys), ("values", values)):
        layers = [graph.add("Unsqueeze", one, axis) for one in each]
        graph.nodes.append(helper.make_node("Concat", layers, [name], axis=0))
    cache = (text.num_hidden_layers, "rows", text.num_key_value_heads)
    positions = helper.make_tensor_value_info("positions", TensorProto.INT64, ("rows", "length"))
    graph.save(
        file,
        [
            _floats("embeddings", "rows", "length", text.hidden_size),
            positions,
            _floats("mask", "rows", 1, "length", "total"),
            _floats("past_keys", *cache, "past", size),
            _floats("past_values", *cache, "past", size),
        ],
        [
            _floats("logits", "rows", text.vocab_size),
            _floats("keys", *cache, "total", size),
            _floats("values", *cache, "total", size),
        ],
    )


def _rotation(graph: GraphBuilder, size: int, theta: float) -> tuple[str, str]:
    """Add cosines and sines of the positions, of shape (rows, 1, length, size)."""
    rates = 1.0 / theta ** (np.arange(0, size, 2, dtype=np.float32) / np.float32(size))
    positions = graph.add("Cast", "positions", to=TensorProto.FLOAT)
    positions = graph.add("Unsqueeze", positions, graph.constant([1, 3], np.int64))
    angles = graph.add("Mul", positions, graph.constant(np.concatenate([rates, rates])))
    return graph.add("Cos", angles), graph.add("Sin", angles)


def _rotated(graph: GraphBuilder, value: str, size: int, rotation: tuple[str, str]) -> str:
    cosine, sine = rotation
    half = graph.constant([size // 2, size // 2], np.int64)
    graph.nodes.append(
        helper.make_node("Split", [value, half], [f"{value}_a", f"{value}_b"], axis=-1)
    )
    rotated = graph.add("Concat", graph.add("Neg", f"{value}_b"), f"{value}_a", axis=-1)
    kept = graph.add("Mul", value, cosine)
    return graph.add("Add", kept, graph.add("Mul", rotated, sine))


def _text_layer(
    graph: GraphBuilder,
    text: Qwen2Config,
    state: str,
    root: str,
    layer: int,
    rotation: tuple[str, str],
    *,
    lora: bool,
) -> tuple[str, str, str]:
    def linear(value: str, part: str, *, bias: bool = False) -> str:
        adapter = f"layers.{layer}.{part}" if lora else ""
        return graph.linear(value, f"{root}.{part}", bias=bias, lora=adapter)

    heads, shared = text.num_attention_heads, text.num_key_value_heads
    if shared not in (1, heads):
        raise ValueError("There must be one key-value head, or as many as heads.")
    size = text.hidden_size // heads
    seen = graph.rms_norm(state, f"{root}.input_layernorm", text.rms_norm_eps)
    query, key, value = (
        graph.heads(linear(seen, f"self_attn.{part}_proj", bias=True), count, size)
        for part, count in (("q", heads), ("k", shared), ("v", shared))
    )
    query, key = (_rotated(graph, each, size, rotation) for each in (query, key))
    number = graph.constant(layer, np.int64)
    key = graph.add("Concat", graph.add("Gather", "past_keys", number, axis=0), key, axis=2)
    value = graph.add("Concat", graph.add("Gather", "past_values", number, axis=0), value, axis=2)
    mixed = graph.attention(query, key, value, size, "mask")
    mixed = linear(mixed, "self_attn.o_proj")
    state = graph.add("Add", state, mixed)
    seen = graph.rms_norm(state, f"{root}.post_attention_layernorm", text.rms_norm_eps)
    gate = linear(seen, "mlp.gate_proj")
    gate = graph.add("Mul", gate, graph.add("Sigmoid", gate))
    up = linear(seen, "mlp.up_proj")
    down = linear(graph.add("Mul", gate, up), "mlp.down_proj")
    return graph.add("Add", state, down), key, value
