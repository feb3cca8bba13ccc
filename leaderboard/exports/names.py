"""The names that a record and its samples share."""

from __future__ import annotations

from locomo_vqa.metric_names import metric_title

from .identity import RecordIdentity

__all__ = ["SCHEMA_VERSION", "evaluation_name", "result_id"]

SCHEMA_VERSION = "0.3.0"
"""The version of Every Eval Ever's format."""


def evaluation_name(dataset: str, metric: str) -> str:
    """Return a metric's name on a benchmark, such as `LoCoMo-VQA V`."""
    return f"{dataset} {metric_title(metric)}"


def result_id(identity: RecordIdentity, metric: str) -> str:
    """Return the id that a record's result shares with its samples."""
    return f"{identity.evaluation_id}#{metric}"
