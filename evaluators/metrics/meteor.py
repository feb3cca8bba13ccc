"""METEOR: words aligned by form, then stem, then synonym, with a penalty for word order.

Source: A. Lavie and A. Agarwal, "Meteor: An Automatic Metric for MT Evaluation with High Levels
of Correlation with Human Judgments", 2007, as implemented in NLTK 3.10.4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeAlias

from .base import Metric
from .porter import stem
from .synonyms import synonyms

__all__ = ["METRIC", "meteor"]

ALPHA = 0.9
BETA = 3.0
GAMMA = 0.5

_Words: TypeAlias = dict[int, str]  # the words not aligned yet, by their index in the text


def meteor(prediction: str, gold: str) -> float:
    """Return METEOR from 0 to 1; an empty text gives 0.

    Words are separated by white space, so punctuation is part of a word. An identical answer of one
    word scores 0.5 and one of two words 0.9375, because the penalty counts chunks per word.

    Raises:
        MissingResource: the table of synonyms can't be read.
    """
    predicted = [word.lower() for word in prediction.split()]
    expected = [word.lower() for word in gold.split()]
    pairs = _align(predicted, expected)
    if not pairs:
        return 0.0
    precision = len(pairs) / len(predicted)
    recall = len(pairs) / len(expected)
    mean = (precision * recall) / (ALPHA * precision + (1 - ALPHA) * recall)
    penalty: float = GAMMA * (_chunks(pairs) / len(pairs)) ** BETA
    return (1 - penalty) * mean


def _align(predicted: list[str], expected: list[str]) -> list[tuple[int, int]]:
    """Pair indexes of the prediction with indexes of the gold answer, in the prediction's order.

    The third stage looks up synonyms of stems, not of words. This is a quirk of NLTK, kept because
    published values were computed with it.
    """
    left, right = dict(enumerate(predicted)), dict(enumerate(expected))
    pairs = _match(left, right, _word_alone)
    if right:
        left, right = _stem_all(left), _stem_all(right)
        pairs += _match(left, right, _word_alone)
        pairs += _match(left, right, synonyms)
    return sorted(pairs)


def _match(
    left: _Words, right: _Words, candidates: Callable[[str], Iterable[str]]
) -> list[tuple[int, int]]:
    """Pair words from the end of the prediction, each with the last free word that matches.

    Paired words are removed from `left` and `right`.
    """
    if not left or not right:
        return []
    free: defaultdict[str, list[int]] = defaultdict(list)
    for place in sorted(right):
        free[right[place]].append(place)
    pairs = []
    for place in sorted(left, reverse=True):
        if not right:
            break
        fitting = [word for word in candidates(left[place]) if free.get(word)]
        if fitting:
            partner = max((free[word] for word in fitting), key=lambda places: places[-1]).pop()
            pairs.append((place, partner))
            del left[place], right[partner]
    return pairs


def _word_alone(word: str) -> tuple[str]:
    return (word,)


def _stem_all(words: _Words) -> _Words:
    return {place: stem(word) for place, word in words.items()}


def _chunks(pairs: list[tuple[int, int]]) -> int:
    """Count the runs of pairs that are adjacent in both texts."""
    follows = ((a + 1, b + 1) == after for (a, b), after in pairwise(pairs))
    return len(pairs) - sum(follows)


METRIC = Metric(
    name="meteor",
    signature=(
        "meteor:alpha=0.9,beta=3,gamma=0.5,tokens=whitespace,lower,stemmer=porter,"
        "synonyms=wordnet-3.0-of-stems|equals=nltk-3.10.4"
    ),
    score=meteor,
)
