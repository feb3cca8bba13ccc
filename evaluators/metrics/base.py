"""What a metric is: a pure function of two texts, and what a reader must know about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Metric"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One way to compare a prediction with a gold answer."""

    name: str
    """The name on the command line and in `scores.json`."""

    title: str
    """The name in a table's head."""

    questions: Literal["text", "visual"]
    """The questions it scores: those about the conversation, or those about a picture."""

    scale: float
    """What a mean is multiplied by when it is reported: 100 for V, 1 for the others."""

    missing: float
    """What a question without an answer is worth, before scaling."""

    signature: str
    """Every parameter that can change a value, and the implementation whose values it equals."""

    score: Callable[[str, str], float]
    """Takes the prediction and the gold answer and returns a value from 0 to 1."""
