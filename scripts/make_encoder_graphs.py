"""Write the ONNX graphs of the encoders that the metric L can use.

A graph has no weights: its initialisers are external, and the runtime passes it the arrays of the
model's safetensors file. All texts of a batch have the same number of tokens, so a graph needs no
mask.

Example:

    python scripts/make_encoder_graphs.py
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from locomo_vqa.evaluators.metrics.encoding import encoder
from locomo_vqa.evaluators.metrics.encoding.specs import (
    MINILM,
    ROBERTA_LARGE,
    EncoderSpec,
    tensor_shapes,
)

__all__ = ["build_graph"]

_IR, _OPSET = 10, 20


class _GraphBuilder:
    """Collects nodes; each method returns the name of a value."""

    def __init__(self, spec: EncoderSpec) -> None:
        self.spec = spec
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers = [_external(name, shape) for name, shape in tensor_shapes(spec).items()]

    def add(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, values: object, kind: type = np.int64) -> str:
        name = f"constant_{len(self.initialisers)}"
        self.initialisers.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def linear(self, value: str, name: str) -> str:
        """Add a linear layer from (tokens, width in) to (tokens, width out)."""
        return self.add("Gemm", value, f"{name}.weight", f"{name}.bias", transB=1)

    def layer_norm(self, value: str, name: str) -> str:
        weight, bias = f"{name}.weight", f"{name}.bias"
        epsilon = self.spec.epsilon
        return self.add("LayerNormalization", value, weight, bias, axis=-1, epsilon=epsilon)


def _external(name: str, shape: tuple[int, ...]) -> onnx.TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="model.safetensors")
    return tensor


def _embed(graph: _GraphBuilder) -> str:
    """Add the embedding of tokens (texts, length) as states (texts * length, width)."""
    root, spec = "embeddings", graph.spec
    first = graph.constant([spec.first_position])
    length = graph.add("Shape", "tokens", start=1, end=2)
    last = graph.add("Add", length, first)
    positions = graph.add("Slice", f"{root}.position_embeddings.weight", first, last)
    kind = graph.add("Gather", f"{root}.token_type_embeddings.weight", graph.constant(0))
    words = graph.add("Gather", f"{root}.word_embeddings.weight", "tokens")
    state = graph.add("Add", graph.add("Add", words, kind), positions)
    state = graph.add("Reshape", state, graph.constant([-1, spec.width]))
    return graph.layer_norm(state, f"{root}.LayerNorm")


def _attend(graph: _GraphBuilder, state: str, root: str, split: str) -> str:
    spec = graph.spec
    size = spec.width // spec.heads
    orders = {"query": [0, 2, 1, 3], "key": [0, 2, 3, 1], "value": [0, 2, 1, 3]}
    parts = {}
    for name, order in orders.items():
        part = graph.linear(state, f"{root}.attention.self.{name}")
        parts[name] = graph.add("Transpose", graph.add("Reshape", part, split), perm=order)
    query = graph.add("Mul", parts["query"], graph.constant(1 / math.sqrt(size), np.float32))
    weights = graph.add("Softmax", graph.add("MatMul", query, parts["key"]), axis=-1)
    mixed = graph.add("MatMul", weights, parts["value"])
    mixed = graph.add("Transpose", mixed, perm=[0, 2, 1, 3])
    mixed = graph.add("Reshape", mixed, graph.constant([-1, spec.width]))
    mixed = graph.linear(mixed, f"{root}.attention.output.dense")
    return graph.layer_norm(graph.add("Add", mixed, state), f"{root}.attention.output.LayerNorm")


def build_graph(spec: EncoderSpec) -> bytes:
    """Return a graph from `tokens` (texts, length) to `states` (texts, length, width)."""
    graph = _GraphBuilder(spec)
    state = _embed(graph)
    shape = graph.add("Shape", "tokens")
    heads = graph.constant([spec.heads, spec.width // spec.heads])
    split = graph.add("Concat", shape, heads, axis=0)
    for layer in range(spec.layers):
        root = f"encoder.layer.{layer}"
        state = _attend(graph, state, root, split)
        inside = graph.add("Gelu", graph.linear(state, f"{root}.intermediate.dense"))
        inside = graph.linear(inside, f"{root}.output.dense")
        state = graph.layer_norm(graph.add("Add", inside, state), f"{root}.output.LayerNorm")
    whole = graph.add("Concat", shape, graph.constant([spec.width]), axis=0)
    graph.nodes.append(helper.make_node("Reshape", [state, whole], ["states"]))
    tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, ("texts", "length"))
    states = helper.make_tensor_value_info(
        "states", TensorProto.FLOAT, ("texts", "length", spec.width)
    )
    made = helper.make_graph(graph.nodes, spec.graph, [tokens], [states], graph.initialisers)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = _IR
    written: bytes = model.SerializeToString()
    return written


def main() -> None:
    """Write the graphs of all encoders into the package."""
    for spec in (MINILM, ROBERTA_LARGE):
        file = Path(encoder.__file__).parent / "graphs" / f"{spec.graph}.onnx"
        file.write_bytes(build_graph(spec))
        print(f"{file.name}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
