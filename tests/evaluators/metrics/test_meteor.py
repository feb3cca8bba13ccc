from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.evaluators.metrics.meteor import meteor
from locomo_vqa.evaluators.metrics.synonyms import synonyms

GOLDEN = Path(__file__).parents[2] / "golden" / "meteor.json"
PAIRS: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))["pairs"]


class Lemma:
    """A name, as NLTK's METEOR asks for it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name


class TableAsWordNet:
    """Our table behind the two methods of WordNet that NLTK's METEOR calls."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    @classmethod
    def synsets(cls, word: str) -> list[TableAsWordNet]:
        return [cls(synonyms(word))]

    def lemmas(self) -> list[Lemma]:
        return [Lemma(name) for name in self._names]


def reference(prediction: str, gold: str, wordnet: Any) -> float:
    from nltk.translate.meteor_score import meteor_score  # type: ignore[import-untyped]

    value: float = meteor_score([gold.split()], prediction.split(), wordnet=wordnet)
    return value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [
        ("tea", "tea", 0.5),  # one chunk for one word
        ("green tea", "green tea", 0.9375),  # 1 - 0.5 * (1 / 2) ** 3
        ("tea green", "green tea", 0.5),  # two chunks for two words
        ("cakes with green tea", "green tea", 0.9375 * 10 / 11),  # P 1/2, R 1: 0.5 / 0.55
        ("auto", "car", 0.5),  # synonyms
        ("run", "running", 0.5),  # stems
        ("tea.", "tea", 0.0),  # punctuation is part of the word
        ("", "tea", 0.0),
        ("tea", "", 0.0),
        (" ", "\n", 0.0),
    ],
)
def test_by_hand(prediction: str, gold: str, expected: float) -> None:
    assert meteor(prediction, gold) == pytest.approx(expected)


@pytest.mark.slow
def test_synonyms_are_looked_up_by_stem() -> None:
    # film and movie are synonyms, but movie's stem is movi, which WordNet does not have.
    assert meteor("film", "movie") == 0.0


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["gold"][:30])
def test_equals_the_golden_values(pair: dict[str, Any]) -> None:
    assert meteor(pair["prediction"], pair["gold"]) == pytest.approx(pair["meteor"], abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["gold"][:30])
def test_equals_nltk_over_our_table(pair: dict[str, Any]) -> None:
    expected = reference(pair["prediction"], pair["gold"], TableAsWordNet)
    assert meteor(pair["prediction"], pair["gold"]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow
def test_equals_nltk_on_published_answers(
    nltk_wordnet: Any, published_rows: list[dict[str, Any]]
) -> None:
    for row in random.Random(5).sample(published_rows, 1_500):
        prediction, gold = str(row["response"]), str(row["answer"])
        expected = reference(prediction, gold, nltk_wordnet)
        assert meteor(prediction, gold) == pytest.approx(expected, abs=1e-9), (prediction, gold)


@pytest.mark.slow
def test_equals_nltk_on_shuffled_words(nltk_wordnet: Any) -> None:
    words = (
        "car auto cars automobile buy bought purchase happy glad happily the a of dog dogs hound "
        "geese goose film movie picture photo quick fast quickly swift child kid children u.s. "
        "new_york hot_dog Paris begin start started commence"
    )
    chance = random.Random(6)
    for _ in range(1_500):
        prediction, gold = (
            " ".join(chance.choices(words.split(), k=chance.randint(0, 12))) for _ in range(2)
        )
        expected = reference(prediction, gold, nltk_wordnet)
        assert meteor(prediction, gold) == pytest.approx(expected, abs=1e-9), (prediction, gold)
