"""Compares texts by their words."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..metrics.porter import stem

__all__ = ["has_every_word", "normalized", "same_text", "stems"]

_WORD = re.compile(r"[^\W_]+")


def stems(text: str) -> list[str]:
    """Return the Porter stems of a text's lowercased words, in order."""
    return [stem(word) for word in _WORD.findall(text.lower())]


def normalized(text: str) -> str:
    """Return a text in lower case, with single spaces and without final full stops."""
    return " ".join(text.lower().split()).rstrip(".")


def same_text(one: str, other: str) -> bool:
    """Return whether two texts are equal after normalization."""
    return normalized(one) == normalized(other)


def has_every_word(texts: Collection[str], fact: str) -> bool:
    """Return whether any one text contains all words of a fact."""
    wanted = set(stems(fact))
    return any(wanted.issubset(stems(text)) if wanted else same_text(text, fact) for text in texts)
