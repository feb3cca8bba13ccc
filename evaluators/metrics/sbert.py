"""SBERT: cosine of two texts' mean-pooled embeddings.

Source: N. Reimers and I. Gurevych, "Sentence-BERT: Sentence Embeddings using Siamese
BERT-Networks", 2019, with the pooling that sentence-transformers/all-MiniLM-L6-v2 is published
with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .base import BatchMetric, EncodedParts
from .encoding.encoder import Tokens

__all__ = ["LIMIT", "embedding", "open_metric", "shortened"]

LIMIT = 256
"""Most tokens of a text; the model was published with this limit."""


def shortened(tokens: Tokens) -> Tokens:
    """Return the tokens that count, with the special ones at both ends."""
    return tokens if len(tokens) <= LIMIT else (*tokens[: LIMIT - 1], tokens[-1])


def embedding(states: NDArray[np.float32]) -> NDArray[np.float32]:
    """From hidden states (texts, length, width) to vectors (texts, width) of length 1."""
    means = states.mean(axis=1)
    vectors: NDArray[np.float32] = means / np.linalg.norm(means, axis=-1, keepdims=True)
    return vectors


def open_metric(parts: EncodedParts) -> BatchMetric:
    """Return SBERT as a metric of its own; only its own encoder is looked for.

    Raises:
        InputError: a file of its encoder is damaged.
        MissingResource: its encoder is not on this machine.
    """
    return parts.as_metric("sbert")
