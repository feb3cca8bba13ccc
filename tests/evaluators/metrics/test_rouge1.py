from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest

from locomo_vqa.evaluators.metrics.rouge1 import rouge1


@cache
def scorer() -> Any:
    """The reference, which imports NLTK."""
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]

    return RougeScorer(["rouge1"], use_stemmer=True)


def reference(prediction: str, gold: str) -> float:
    value: float = scorer().score(gold, prediction)["rouge1"].fmeasure
    return value


def test_by_hand() -> None:
    # run, in, the, park against he, ran, run, in, park: 3 of 4 and 3 of 5.
    assert rouge1("Running in the parks!", "He ran: run in park") == pytest.approx(2 / 3)


def test_a_repeated_word_counts_as_often_as_both_have_it() -> None:
    assert rouge1("tea tea tea", "tea tea") == pytest.approx(0.8)


@pytest.mark.parametrize(("prediction", "gold"), [("", "tea"), ("tea", ""), ("", ""), ("?", "é")])
def test_nothing_in_common_is_zero(prediction: str, gold: str) -> None:
    assert rouge1(prediction, gold) == 0.0


@pytest.mark.slow
def test_equals_rouge_score_on_published_answers(published_rows: list[dict[str, Any]]) -> None:
    for row in random.Random(1).sample(published_rows, 1_500):
        prediction, gold = str(row["response"]), str(row["answer"])
        assert rouge1(prediction, gold) == reference(prediction, gold), (prediction, gold)


def test_equals_rouge_score_on_odd_text() -> None:
    pieces = ["Cats", "cat's", "naïve", "№", "9,5", "a_b", "RUNNING", "ties", "İstanbul", "-", "\n"]
    chance = random.Random(2)
    for _ in range(500):
        prediction, gold = (
            " ".join(chance.choices(pieces, k=chance.randint(0, 8))) for _ in range(2)
        )
        assert rouge1(prediction, gold) == reference(prediction, gold), (prediction, gold)
