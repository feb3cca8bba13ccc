"""The difference of one system from the baseline in one metric, overall and by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from locomo_vqa.metric_names import metric_title
from locomo_vqa.statistics.believable import BelievableDifference
from locomo_vqa.statistics.paired import PairedDifference

__all__ = ["GroupDifference", "MetricComparison"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDifference:
    """The difference within one category or question type."""

    result: PairedDifference
    """The difference on the group's questions."""
    p_holm: float | None
    """The p-value, Holm-corrected over the groups; None if there is no p-value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparison:
    """The difference of one system from the baseline in one metric."""

    metric: str
    """The metric's name."""
    signature: str
    """The metric with all its parameters; both sides' if reported verdicts differ in theirs."""
    scale: float
    """The value of a perfect answer."""
    other: int
    """The index of the system among the sides, from 1; the baseline is 0."""
    overall: PairedDifference
    """The difference on all questions that the metric applies to."""
    believable: BelievableDifference
    """The smallest difference on all questions that may be believed, given the noise of runs."""
    groups: Mapping[str, GroupDifference]
    """By name of category for text metrics, by question type for visual ones."""

    @property
    def title(self) -> str:
        """The metric's name in tables and figures; a J by rules says so."""
        return metric_title(self.metric, self.signature)
