"""Defines a metric: a value for each pair of texts, and everything that can change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from locomo_vqa.metric_names import METRICS

__all__ = ["BatchMetric", "DescribedMetric", "EncodedParts", "EncoderPart", "Metric", "Pair"]

Pair: TypeAlias = tuple[str, str]
"""A prediction and its gold answer."""

EncoderPart: TypeAlias = Literal["bertscore", "sbert"]
"""The parts of L that need a text encoder."""


class DescribedMetric:
    """A metric's properties from `METRICS`, by its name."""

    __slots__ = ()

    name: str

    @property
    def title(self) -> str:
        """The metric's name in tables and figures."""
        return METRICS[self.name].title

    @property
    def questions(self) -> Literal["text", "visual"]:
        """The questions that it scores: about the conversation, or about an image."""
        return METRICS[self.name].questions

    @property
    def scale(self) -> float:
        """The factor that a mean is multiplied by when it is reported."""
        return METRICS[self.name].scale

    @property
    def lowest(self) -> float:
        """The smallest possible value, before scaling."""
        return METRICS[self.name].lowest


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(DescribedMetric):
    """One way to compare a prediction with a gold answer: a pure function of the two."""

    name: str
    """The name in options and in scores.json: a key of `locomo_vqa.metric_names.METRICS`."""

    signature: str
    """Every parameter that can change a value, and the implementation that it reproduces."""

    score: Callable[[str, str], float]
    """Takes the prediction and the gold answer, and returns a value of at most 1."""

    missing: float = 0.0
    """The value for a question without an answer, before scaling."""

    def score_all(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the value of each pair, in the order given."""
        return [self.score(prediction, gold) for prediction, gold in pairs]


class BatchMetric(Protocol):
    """Any metric that computes the values of many pairs at once, including `Metric`."""

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
            LocomoVqaError: something that the metric needs is missing or damaged.
        """


class EncodedParts(Protocol):
    """Opens the metrics that need a text encoder, which share encoders and values."""

    def as_metric(self, part: EncoderPart) -> BatchMetric:
        """Return BERTScore or SBERT as a separate metric."""
