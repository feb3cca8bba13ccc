"""BERTScore F1: each token matched with the most similar token of the other text.

Source: T. Zhang et al., "BERTScore: Evaluating Text Generation with BERT", ICLR 2020, as
implemented in bert-score 0.3.13 without idf weights or rescaling: special tokens can be matched,
but are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .base import BatchMetric, EncodedParts
from .encoding.encoder import Tokens

__all__ = ["Matchable", "bertscore_f1", "matchable", "open_metric"]


@dataclass(frozen=True, slots=True)
class Matchable:
    """A text's tokens as vectors of length 1."""

    states: NDArray[np.float32]
    """An array of shape (tokens, width), including special tokens."""
    counts: NDArray[np.bool_]
    """Whether each token is a word of the text, not a special token."""


def matchable(tokens: Tokens, states: NDArray[np.float32]) -> Matchable:
    """Return a text's input for `bertscore_f1`; its hidden states needn't be normalized."""
    numbers = np.array(tokens)
    counts = (numbers != tokens[0]) & (numbers != tokens[-1])
    return Matchable(states / np.linalg.norm(states, axis=-1, keepdims=True), counts)


def bertscore_f1(prediction: Matchable, gold: Matchable) -> float:
    """Return the BERTScore F1 of two texts; 0 if one has only special tokens.

    Only real tokens are compared. Padding a batch with similarities of 0, as bert-score does, would
    turn a negative best similarity into 0 and make a value depend on the other texts.
    """
    if not (prediction.counts.any() and gold.counts.any()):
        return 0.0
    similar = prediction.states @ gold.states.T
    precision = float(similar.max(axis=1)[prediction.counts].mean())
    recall = float(similar.max(axis=0)[gold.counts].mean())
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def open_metric(parts: EncodedParts) -> BatchMetric:
    """Return BERTScore as a separate metric, which needs only its own encoder.

    Raises:
        InputError: a file of the encoder is damaged.
        MissingResource: the encoder is not on this machine.
    """
    return parts.as_metric("bertscore")
