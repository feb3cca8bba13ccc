"""ROUGE-1 F1: the overlap of stemmed words.

Source: C.-Y. Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004, in the form
as implemented in rouge-score 0.1.2 with `use_stemmer=True`.
"""

from __future__ import annotations

import re
from collections import Counter

from .base import Metric
from .porter import stem

__all__ = ["METRIC", "rouge1"]

_WORD = re.compile("[a-z0-9]+")


def rouge1(prediction: str, gold: str) -> float:
    """Return ROUGE-1 F1 from 0 to 1; a text without letters or digits gives 0."""
    predicted, expected = _stems(prediction), _stems(gold)
    shared = (predicted & expected).total()
    if not shared:
        return 0.0
    precision = shared / predicted.total()
    recall = shared / expected.total()
    return 2 * precision * recall / (precision + recall)


def _stems(text: str) -> Counter[str]:
    """Count the words of `text`; only words of more than three letters are stemmed."""
    words: list[str] = _WORD.findall(text.lower())
    return Counter(stem(word) if len(word) > 3 else word for word in words)


METRIC = Metric(
    name="rouge1",
    signature="rouge1:f1,stemmer=porter,tokens=a-z0-9|equals=rouge-score-0.1.2",
    score=rouge1,
)
