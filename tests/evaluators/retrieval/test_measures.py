"""Recall and nDCG at k, against hand calculations."""

from __future__ import annotations

from math import log2

import pytest

from locomo_vqa.evaluators.retrieval.measures import Measure, Ranks, measure

CASES: list[tuple[Measure, Ranks, int, float]] = [
    ("any", [3, None], 5, 1),
    ("any", [3, None], 1, 0),
    ("complete", [3, None], 50, 0),
    ("complete", [3, 10], 10, 1),
    ("complete", [3, 11], 10, 0),
    ("fraction", [3, 11, None], 10, 1 / 3),
    ("fraction", [3, 11, None], 20, 2 / 3),
    ("ndcg", [1, 2], 10, 1),
    ("ndcg", [2, 1], 10, 1),
    ("ndcg", [3], 5, 0.5),
    ("ndcg", [3, None], 5, 0.5 / (1 + 1 / log2(3))),
    ("ndcg", [1, None], 1, 1),
    ("ndcg", [6], 5, 0),
]


@pytest.mark.parametrize(("name", "ranks", "k", "expected"), CASES)
def test_a_measure_is_what_a_hand_calculation_says(
    name: Measure, ranks: Ranks, k: int, expected: float
) -> None:
    assert measure(name, ranks, k) == pytest.approx(expected)
