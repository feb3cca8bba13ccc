"""Scores R: whether the turns that hold the answer are among the first ten retrieved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.scores import MetricScores, RowScore

from ..retrieval.measures import Measure, measure
from ..retrieval.ranked import rank_evidence
from ..statistics.summaries import Item, row_score, summarise_metric

__all__ = ["ScoredRetrieval"]

K = 10
"""How many places of a ranking R looks at."""

_MEASURES: dict[str, Measure] = {"r_any": "any", "r_complete": "complete"}
_NO_EVIDENCE = "The split has no question with usable evidence."


class ScoredRetrieval:
    """The rankings of one source, from which each metric of R is computed."""

    def __init__(
        self, predictions: Sequence[Prediction], benchmark: Benchmark, split: SplitChoice
    ) -> None:
        self._ranked = rank_evidence(predictions, benchmark, split=split, kind="text")

    def score(self, name: str) -> tuple[MetricScores, list[RowScore]]:
        """Return a metric's scores, and the value of every question that has evidence."""
        reason = self._ranked.why_not["turns"]
        if reason is None and not self._ranked.questions:
            reason = _NO_EVIDENCE
        if reason is not None:
            return MetricScores(state="not_computed", reason=reason), []
        items = [
            Item(each.question, measure(_MEASURES[name], each.turns, K), each.state)
            for each in self._ranked.questions
        ]
        signature = f"{name}:recall={_MEASURES[name]},k={K},of=distinct-turns,evidence=usable"
        scores = replace(summarise_metric(items, name, signature=signature), clean=None)
        return scores, [row_score(item, name) for item in items]
