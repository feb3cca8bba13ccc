"""Compares the scores that a file already contains with ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.scores import Scores

from .sources import Source

__all__ = ["EQUAL", "compare_stored"]

EQUAL = 1e-9
"""The tolerance within which stored values equal ours."""

_STORED = {"f1_score": "f1", "bleu_score": "bleu1"}
"""Metrics stored in the rows of Mem0's evaluation, and ours with the same definition."""

_READ_OTHERWISE = re.compile(
    r"(?:^|[\s(])['\u2018](?=\w)|\w['\"\u201d]?[\u2013\u2014]['\"\u201c]?\w"
)
"""What an older NLTK kept within a word: an opening quote, and a dash between two words."""


def compare_stored(source: Source, scores: Scores, benchmark: Benchmark) -> dict[str, Any]:
    """Return, for each score in a file, its mean and how many values equal ours.

    The mean is the file's own, over all its rows that have the value, whatever they answer. Of the
    BLEU values that differ, those are counted that an older NLTK explains.
    """
    compared: dict[str, Any] = {}
    for name, own in source.own_means.items():
        values = source.stored.get(name, {})
        ours = {
            row.question_id: row.value
            for row in scores.by_question
            if row.metric == _STORED.get(name) and row.value is not None
        }
        differing = [q for q, value in values.items() if q in ours and abs(ours[q] - value) > EQUAL]
        equal = sum(q in ours for q in values) - len(differing)
        compared[name] = {"rows": own.rows, "mean": own.mean, "equal": equal if ours else None}
        if _STORED.get(name) == "bleu1" and differing:
            compared[name]["older_nltk"] = _explained(differing, source, benchmark)
    return compared


def _explained(differing: list[str], source: Source, benchmark: Benchmark) -> int:
    """Return of how many questions a text has what an older NLTK split otherwise."""
    answers = {prediction.question_id: prediction.prediction for prediction in source.predictions}
    golds: Mapping[str, str | None] = {q.id: q.answer for q in benchmark.text_questions}
    return sum(
        any(_READ_OTHERWISE.search(text) for text in (answers.get(q), golds.get(q)) if text)
        for q in differing
    )
