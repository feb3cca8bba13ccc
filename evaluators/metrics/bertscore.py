"""BERTScore F1: each token matched with the most similar token of the other text.

Source: T. Zhang et al., "BERTScore: Evaluating Text Generation with BERT", ICLR 2020, in the form
that bert-score 0.3.13 gives it without idf weights and without rescaling: the special tokens can
be matched with, but don't count themselves.
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
    """Of shape (tokens, width), special tokens included."""
    counts: NDArray[np.bool_]
    """For each token, whether it is a word of the text and not a special token."""


def matchable(tokens: Tokens, states: NDArray[np.float32]) -> Matchable:
    """Return what `bertscore_f1` needs of a text, from its hidden states of any length."""
    numbers = np.array(tokens)
    counts = (numbers != tokens[0]) & (numbers != tokens[-1])
    return Matchable(states / np.linalg.norm(states, axis=-1, keepdims=True), counts)


def bertscore_f1(prediction: Matchable, gold: Matchable) -> float:
    """Return BERTScore F1 of two texts; 0 where one has special tokens only.

    Only real tokens are compared: where a batch is padded with similarities of 0, as bert-score
    does it, a negative best similarity becomes 0 and a value depends on the other texts.
    """
    if not (prediction.counts.any() and gold.counts.any()):
        return 0.0
    similar = prediction.states @ gold.states.T
    precision = float(similar.max(axis=1)[prediction.counts].mean())
    recall = float(similar.max(axis=0)[gold.counts].mean())
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def open_metric(parts: EncodedParts) -> BatchMetric:
    """Return BERTScore as a metric of its own; only its own encoder is looked for.

    Raises:
        InputError: a file of its encoder is damaged.
        MissingResource: its encoder is not on this machine.
    """
    return parts.as_metric("bertscore")
