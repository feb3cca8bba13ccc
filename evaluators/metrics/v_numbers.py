"""V (numbers): like V, but a number may be a word or digits: "three" equals "3"."""

from __future__ import annotations

from locomo_vqa.numerals import normalise_numbers

from .base import Metric

__all__ = ["METRIC", "v_numbers"]


def v_numbers(prediction: str, gold: str) -> float:
    """Return 1 if prediction and gold answer are equal, numbers as digits; otherwise 0."""
    return float(normalise_numbers(prediction) == normalise_numbers(gold))


METRIC = Metric(
    name="v_numbers",
    signature="v_numbers:exact,lower,strip,numbers=digits",
    score=v_numbers,
)
