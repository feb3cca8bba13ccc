"""Exact match, F1 and ROUGE-1, after their definitions in docs/scores.md."""

from __future__ import annotations

import re
from collections import Counter

from nltk.stem.porter import PorterStemmer

__all__ = ["LEFT_OUT", "METRICS", "SCALE", "STORED", "VISUAL"]

VISUAL = ("v",)
"""The metrics of visual questions."""
STORED = ("l", "j", "bleu1", "meteor")
"""The metrics whose values are taken from scores.parquet."""
LEFT_OUT = ("a", "r_any", "r_complete")
"""The metrics that are not compared: they are not about answers to questions with a gold answer."""
SCALE = {"v": 100.0, "l": 100.0, "j": 100.0, "reported_j": 100.0}
"""The value of a perfect answer, if it is not 1."""
_STEMMER = PorterStemmer()


def exact_match(answer: str, gold: str) -> float:
    """Return 1 if two answers are equal in lower case, without white space around them."""
    return float(answer.lower().strip() == gold.lower().strip())


def harmonic(shared: int, first: int, second: int) -> float:
    """Return the harmonic mean of the shares of shared words."""
    return 2 * shared / (first + second) if shared else 0.0


def f1(answer: str, gold: str) -> float:
    """Return the F1 of two sets of words, as Mem0's evaluation defines it."""
    one, two = (set(re.sub(r"[.,!?]", " ", text.lower()).split()) for text in (answer, gold))
    return harmonic(len(one & two), len(one), len(two))


def rouge1(answer: str, gold: str) -> float:
    """Return ROUGE-1 F1: words of more than three letters are stemmed, and repetitions count."""
    one, two = (
        Counter(
            _STEMMER.stem(word) if len(word) > 3 else word
            for word in re.findall("[a-z0-9]+", text.lower())
        )
        for text in (answer, gold)
    )
    return harmonic((one & two).total(), one.total(), two.total())


METRICS = {"v": exact_match, "f1": f1, "rouge1": rouge1}
"""The metrics that are computed from the answers."""
