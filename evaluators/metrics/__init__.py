"""The metrics, each in a module of the same name, which is loaded on demand.

table.py          opens metrics by name; `locomo_vqa.metric_names` describes them
base.py           defines a metric
l_parts.py        what L, BERTScore and SBERT share: encoders (`semantics.py`), cached values
"""

from __future__ import annotations

from .base import BatchMetric, Metric, Pair
from .table import METRICS, NO_JUDGE, MetricOpener, get_metric

__all__ = [
    "METRICS",
    "NO_JUDGE",
    "BatchMetric",
    "Metric",
    "MetricOpener",
    "Pair",
    "get_metric",
]
