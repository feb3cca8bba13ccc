"""One system against the baseline by one metric: overall, and in each group of questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..statistics.paired import PairedDifference

__all__ = ["GroupDifference", "MetricComparison"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDifference:
    """The difference within one category or question type."""

    result: PairedDifference
    """The difference on the questions of the group."""
    p_holm: float | None
    """Its p-value by Holm's correction over the groups; None if there is no p-value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparison:
    """One system against the baseline by one metric."""

    metric: str
    """The metric's name."""
    signature: str
    """The metric with every parameter; both sides have the same."""
    scale: float
    """The value of a perfect answer."""
    other: int
    """The place of the system among the sides, from 1; the baseline is 0."""
    overall: PairedDifference
    """Over all questions that the metric applies to."""
    groups: Mapping[str, GroupDifference]
    """By the name of the category for text metrics, by question type for visual ones."""
