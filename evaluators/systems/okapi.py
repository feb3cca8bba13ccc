"""Ranks texts by Okapi BM25.

The ranking function is Robertson and Zaragoza's (2009) with k1 = 1.2 and b = 0.75 over Porter
stems, with the idf ln(1 + (N - n + 0.5) / (n + 0.5)), which is never negative.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Generic, TypeVar

from ..metrics.porter import stem

__all__ = ["OkapiIndex", "terms_of", "words_of"]

K1, B = 1.2, 0.75

_WORD = re.compile(r"[a-z0-9]+")
_T = TypeVar("_T")


class OkapiIndex(Generic[_T]):
    """Finds items by the words of their texts."""

    def __init__(self) -> None:
        self.document_frequency: Counter[str] = Counter()
        """The number of texts that contain a stem."""
        self._items: list[_T] = []
        self._terms: list[Counter[str]] = []

    def add(self, item: _T, text: str) -> None:
        """Index an item by its text."""
        terms = Counter(terms_of(text))
        self._items.append(item)
        self._terms.append(terms)
        self.document_frequency.update(terms.keys())

    def search(self, question: str) -> list[tuple[float, _T]]:
        """Return the items that share a stem with a question, with their scores, best first.

        Ties go to the earlier item.
        """
        query = Counter(terms_of(question))
        mean = sum(terms.total() for terms in self._terms) / max(1, len(self._terms))
        scored = [
            (self._score(query, terms, mean), -number) for number, terms in enumerate(self._terms)
        ]
        best = sorted((pair for pair in scored if pair[0] > 0), reverse=True)
        return [(score, self._items[-number]) for score, number in best]

    def _score(self, query: Counter[str], terms: Counter[str], mean: float) -> float:
        norm = K1 * (1 - B + B * terms.total() / mean)
        total = 0.0
        for term, times in query.items():
            if frequency := terms.get(term, 0):
                known = self.document_frequency[term]
                idf = math.log(1 + (len(self._items) - known + 0.5) / (known + 0.5))
                total += times * idf * frequency * (K1 + 1) / (frequency + norm)
        return total


def words_of(text: str) -> list[str]:
    """Return a text's words in lower case."""
    return _WORD.findall(text.lower())


def terms_of(text: str) -> list[str]:
    """Return the stems of a text's words."""
    return [stem(word) for word in words_of(text)]
