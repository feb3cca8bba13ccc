"""The words of a text, as the lexical comparisons of this system see them."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..metrics.porter import stem

__all__ = ["covers", "plain", "same", "terms"]

_WORD = re.compile(r"[^\W_]+")


def terms(text: str) -> list[str]:
    """Return the Porter stems of a text's words in lower case, in order."""
    return [stem(word) for word in _WORD.findall(text.lower())]


def same(one: str, other: str) -> bool:
    """Tell whether two texts differ in nothing but case, blanks and a full stop at the end."""
    return plain(one) == plain(other)


def covers(texts: Collection[str], fact: str) -> bool:
    """Tell whether one of the texts has all the words of a fact."""
    wanted = set(terms(fact))
    return any(wanted.issubset(terms(text)) if wanted else same(text, fact) for text in texts)


def plain(text: str) -> str:
    """Return a text without what `same` passes over."""
    return " ".join(text.lower().split()).rstrip(".")
