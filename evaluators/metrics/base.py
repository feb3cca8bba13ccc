"""What a metric is: values of pairs of texts, and what a reader must know about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

__all__ = ["BatchMetric", "Metric", "Pair"]

Pair: TypeAlias = tuple[str, str]
"""A prediction and its gold answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One way to compare a prediction with a gold answer: a pure function of the two."""

    name: str
    """The name on the command line and in `scores.json`."""

    title: str
    """The name in a table's head."""

    questions: Literal["text", "visual"]
    """The questions it scores: those about the conversation, or those about a picture."""

    scale: float
    """What a mean is multiplied by when it is reported: 100 for L and V, 1 for the others."""

    missing: float
    """What a question without an answer is worth, before scaling."""

    signature: str
    """Every parameter that can change a value, and the implementation whose values it equals."""

    score: Callable[[str, str], float]
    """Takes the prediction and the gold answer and returns a value from `lowest` to 1."""

    lowest: float = 0.0
    """The smallest value there can be, before scaling."""

    def score_all(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the value of each pair, in the order given."""
        return [self.score(prediction, gold) for prediction, gold in pairs]


class BatchMetric(Protocol):
    """A metric that is asked for the values of many pairs at once; `Metric` is one too."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def questions(self) -> Literal["text", "visual"]: ...

    @property
    def scale(self) -> float: ...

    @property
    def missing(self) -> float: ...

    @property
    def lowest(self) -> float: ...

    @property
    def signature(self) -> str: ...

    def score_all(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the value of each pair, in the order given.

        Raises:
            LocomoVqaError: what the metric needs is missing or damaged.
        """
