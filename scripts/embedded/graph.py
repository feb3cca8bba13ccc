"""An ONNX graph under construction, with weights that stay in the checkpoint's file.

Initialisers are external data: the tensors inside model.safetensors, in bf16, each followed by a
cast to float32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from locomo_vqa.models.embedded.weights import read_bf16_header

__all__ = ["GraphBuilder"]

_WEIGHTS = "model.safetensors"
_IR, _OPSET = 10, 20


class GraphBuilder:
    """Collects nodes; the methods that add one return the name of its value."""

    def __init__(self, folder: Path) -> None:
        self._tensors = read_bf16_header(folder / _WEIGHTS)
        self._cast: dict[str, str] = {}
        self._count = 0
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: list[onnx.TensorProto] = []
        self.optional: list[onnx.ValueInfoProto] = []
        """The inputs that have a default."""

    def add(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Add a node with one output."""
        self._count += 1
        name = f"{kind.lower()}_{self._count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, values: object, kind: type = np.float32) -> str:
        """Add a constant."""
        self._count += 1
        name = f"constant_{self._count}"
        array = np.asarray(values, kind)
        self.initialisers.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, name: str) -> str:
        """Add a tensor of the checkpoint, as float32."""
        if name not in self._cast:
            stored = self._tensors[name]
            tensor = TensorProto(name=name, data_type=TensorProto.BFLOAT16, dims=stored.shape)
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (
                ("location", _WEIGHTS),
                ("offset", str(stored.offset)),
                ("length", str(stored.length)),
            ):
                tensor.external_data.add(key=key, value=value)
            self.initialisers.append(tensor)
            self._cast[name] = self.add("Cast", name, to=TensorProto.FLOAT)
        return self._cast[name]

    def reshape(self, value: str, shape: Sequence[int]) -> str:
        """Reshape; 0 keeps a dimension, -1 infers it."""
        return self.add("Reshape", value, self.constant(shape, np.int64))

    def linear(self, value: str, name: str, *, bias: bool = True, lora: str = "") -> str:
        """Apply a linear layer of the checkpoint.

        With `lora`, the graph has two more inputs, `<lora>.A` of shape (inputs, rank) and
        `<lora>.B` of shape (rank, outputs), whose product is added; they default to rank 0.
        """
        transposed = self.add("Transpose", self.weight(f"{name}.weight"), perm=[1, 0])
        product = self.add("MatMul", value, transposed)
        if bias:
            product = self.add("Add", product, self.weight(f"{name}.bias"))
        return self._adapted(product, value, lora, self._tensors[f"{name}.weight"].shape)

    def _adapted(self, product: str, value: str, lora: str, shape: tuple[int, ...]) -> str:
        if not lora:
            return product
        wide, narrow = shape[1], shape[0]
        matrices = {f"{lora}.A": (wide, 0), f"{lora}.B": (0, narrow)}
        for name, size in matrices.items():
            self.initialisers.append(numpy_helper.from_array(np.zeros(size, np.float32), name))
            free = [dimension or f"{lora}.rank" for dimension in size]
            self.optional.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, free))
        first, second = matrices
        return self.add(
            "Add", product, self.add("MatMul", self.add("MatMul", value, first), second)
        )

    def layer_norm(self, value: str, name: str, epsilon: float) -> str:
        """Apply a layer norm of the checkpoint."""
        weight, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", value, weight, bias, axis=-1, epsilon=epsilon)

    def rms_norm(self, value: str, name: str, epsilon: float) -> str:
        """Apply an RMS norm of the checkpoint."""
        square = self.add("Mul", value, value)
        mean = self.add("ReduceMean", square, self.constant([-1], np.int64), keepdims=1)
        root = self.add("Sqrt", self.add("Add", mean, self.constant(epsilon)))
        return self.add("Mul", self.add("Div", value, root), self.weight(f"{name}.weight"))

    def heads(self, value: str, count: int, size: int) -> str:
        """Reshape (rows, length, width) to (rows, heads, length, size)."""
        split = self.reshape(value, [0, 0, count, size])
        return self.add("Transpose", split, perm=[0, 2, 1, 3])

    def attention(self, query: str, key: str, value: str, size: int, mask: str | None) -> str:
        """Apply attention and join the heads again."""
        transposed = self.add("Transpose", key, perm=[0, 1, 3, 2])
        scores = self.add("MatMul", query, transposed)
        scores = self.add("Mul", scores, self.constant(1 / math.sqrt(size)))
        if mask:
            scores = self.add("Add", scores, mask)
        mixed = self.add("MatMul", self.add("Softmax", scores, axis=-1), value)
        mixed = self.add("Transpose", mixed, perm=[0, 2, 1, 3])
        return self.reshape(mixed, [0, 0, -1])

    def save(
        self,
        file: Path,
        inputs: Sequence[onnx.ValueInfoProto],
        outputs: Sequence[onnx.ValueInfoProto],
    ) -> None:
        """Write the graph next to the weights."""
        graph = helper.make_graph(
            self.nodes, file.stem, [*inputs, *self.optional], outputs, self.initialisers
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
        model.ir_version = _IR
        file.write_bytes(model.SerializeToString())
