"""The text metrics and V, each in a file of its own and loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from .base import BatchMetric, Metric, Pair

__all__ = ["L_METRICS", "METRICS", "NO_JUDGE", "BatchMetric", "Metric", "Pair", "get_metric"]

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

L_METRICS = ("l", "bertscore", "sbert")
"""The metrics that need a text encoder; `l.open_l_metrics` opens them."""

NO_JUDGE = (
    "It is the verdict of a judge model, and none is named. Add --judge, such as --judge "
    '"openai:http://127.0.0.1:23333/v1?model=openai/gpt-oss-120b".'
)
"""Why J is not computed where nobody judges."""


def get_metric(name: str) -> Metric:
    """Return the metric called `name`.

    Raises:
        ValueError: there is no such metric, or it is more than a function of two texts; the
            message says which ones there are.
    """
    known = ", ".join(METRICS)
    if name == "j":
        raise ValueError(f"{NO_JUDGE} The metrics of two texts are {known}.")
    if name not in METRICS:
        raise ValueError(f"There is no metric {name!r}. The metrics are {known}.")
    metric: Metric = import_module(f".{METRICS[name]}", __name__).METRIC
    return metric
