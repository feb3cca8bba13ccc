"""F1 of the sets of words, as reported in older tables of LoCoMo results.

Source: the evaluation folder of the Mem0 code base, whose stored `f1_score` values it reproduces.
It is not LoCoMo's own F1, which stems the words and counts repetitions.
"""

from __future__ import annotations

from .base import Metric

__all__ = ["METRIC", "f1"]


def f1(prediction: str, gold: str) -> float:
    """Return the F1 of two sets of words from 0 to 1; a text without words gives 0."""
    predicted, expected = _words(prediction), _words(gold)
    shared = len(predicted & expected)
    if not shared:
        return 0.0
    precision = shared / len(predicted)
    recall = shared / len(expected)
    return 2 * precision * recall / (precision + recall)


def _words(text: str) -> set[str]:
    for mark in ".,!?":
        text = text.replace(mark, " ")
    return set(text.lower().split())


METRIC = Metric(
    name="f1",
    signature="f1:set,lower,strip=.,!?,tokens=whitespace|equals=mem0-evaluation",
    score=f1,
)
