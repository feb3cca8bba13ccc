"""SBERT: the cosine of two texts' mean-pooled embeddings.

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
"""The maximum number of tokens in a text; the model was published with this limit."""


def shortened(tokens: Tokens) -> Tokens:
    """Return the tokens within the limit, including the special ones at both ends."""
    return tokens if len(tokens) <= LIMIT else (*tokens[: LIMIT - 1], tokens[-1])


def embedding(states: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pool hidden states (texts, length, width) into vectors (texts, width) of length 1."""
    means = states.mean(axis=1)
    vectors: NDArray[np.float32] = means / np.linalg.norm(means, axis=-1, keepdims=True)
    return vectors


def open_metric(parts: EncodedParts) -> BatchMetric:
    """Return SBERT as a separate metric, which needs only its own encoder.

    Raises:
        InputError: a file of the encoder is damaged.
        MissingResource: the encoder is not on this machine.
    """
    return parts.as_metric("sbert")
