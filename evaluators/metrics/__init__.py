"""The text metrics and V, each in a file of its own and loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from .base import Metric

__all__ = ["METRICS", "NOT_YET", "Metric", "get_metric"]

METRICS: Mapping[str, str] = MappingProxyType(
    {
        "v": "exact_match",
        "rouge1": "rouge1",
        "meteor": "meteor",
        "f1": "f1",
        "bleu1": "bleu1",
    }
)
"""Each metric's name and the module of this package that defines it as `METRIC`."""

NOT_YET: Mapping[str, str] = MappingProxyType(
    {
        "l": (
            "It is the mean of ROUGE-1, METEOR, BERTScore and SBERT, and the last two need models "
            "that this version can't run yet."
        ),
        "j": "It is the verdict of a judge model, which this version can't ask yet.",
    }
)
"""Metrics that have a name but can't be computed yet, each with the reason."""


def get_metric(name: str) -> Metric:
    """Return the metric called `name`.

    Raises:
        ValueError: there is no such metric, or it can't be computed yet; the message says which
            ones there are.
    """
    known = ", ".join(METRICS)
    if name in NOT_YET:
        raise ValueError(f"{NOT_YET[name]} The metrics that can be computed are {known}.")
    if name not in METRICS:
        raise ValueError(f"There is no metric {name!r}. The metrics are {known}.")
    metric: Metric = import_module(f".{METRICS[name]}", __name__).METRIC
    return metric
