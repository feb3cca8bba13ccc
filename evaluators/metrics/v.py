"""V: the share of visual questions whose answer is exactly the gold word."""

from __future__ import annotations

from locomo_vqa.exact_match import exact_match

from .base import Metric

__all__ = ["METRIC", "v"]


def v(prediction: str, gold: str) -> float:
    """Return 1 if the prediction equals the gold answer, otherwise 0."""
    return float(exact_match(prediction, gold))


METRIC = Metric(
    name="v",
    signature="v:exact,lower,strip",
    score=v,
)
