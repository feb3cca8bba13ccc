"""The words that most answers of an entry begin or end with, as in "It is …"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Frame"]

_MOST_WORDS = 12
"""The most words that are left out at one end."""
_FEWEST = 10
"""With fewer different answers, it says nothing that they begin alike."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The words around most answers of an entry."""

    before: tuple[str, ...]
    """The words that they begin with."""
    after: tuple[str, ...]
    """The words that they end with, the last one first."""

    @classmethod
    def of(cls, answers: Iterable[str]) -> Frame:
        """Return the words that more than half of the different answers have in common."""
        different = [answer.split() for answer in set(answers)]
        return cls(before=_common(different), after=_common([answer[::-1] for answer in different]))

    def without(self, answer: str) -> str:
        """Return an answer without these words, or all of it if nothing else would be left."""
        words = answer.split()
        start = _agreeing(words, self.before)
        end = len(words) - _agreeing(words[::-1], self.after)
        return " ".join(words[start:end]) if start < end else answer


def _common(answers: Sequence[Sequence[str]]) -> tuple[str, ...]:
    if len(answers) < _FEWEST:
        return ()
    found: list[str] = []
    beginning = answers
    while len(found) < _MOST_WORDS:
        place = len(found)
        beginning = [each for each in beginning if len(each) > place + 1]
        counts = Counter(each[place] for each in beginning)
        word, count = max(counts.items(), key=lambda each: each[1], default=("", 0))
        if 2 * count <= len(answers):
            break
        found.append(word)
        beginning = [each for each in beginning if each[place] == word]
    return tuple(found)


def _agreeing(words: Sequence[str], frame: Sequence[str]) -> int:
    count = 0
    for word, expected in zip(words, frame, strict=False):
        if word != expected:
            break
        count += 1
    return count
