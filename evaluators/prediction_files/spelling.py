"""Recognises questions that differ from the benchmark's only in how they are written."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

__all__ = ["Spellings", "plain_words", "similarity"]

_LABEL = re.compile(
    r"^\s*(?:the\s+)?(?:question|query|q)\s*(?:\d{1,4}\s*)?[:.)\]-]\s*", re.IGNORECASE
)
_HINTS = re.compile(
    r"\s*(?:use date of conversation to answer with an approximate date\.?"
    r"|select the correct answer:.*|\(?answer (?:briefly|in short|with).{0,80})\s*$",
    re.IGNORECASE | re.DOTALL,
)
_NOT_WORDS = re.compile(r"[\W_]+")


def plain_words(text: str) -> str:
    """Return a text's words alone: no case, quotes, entities, punctuation, label or hint."""
    text = " ".join(html.unescape(html.unescape(text)).split())
    text = _HINTS.sub("", _LABEL.sub("", text))
    folded = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return _NOT_WORDS.sub(" ", letters.replace("'", "").replace("\u2019", "")).strip()


def similarity(one: Collection[str], two: Collection[str]) -> float:
    """Return the share of words that two texts have in common, of the longer one's words."""
    longest = max(len(one), len(two))
    return sum(word in two for word in one) / longest if longest else 0.0


class Spellings:
    """The benchmark's questions by their words alone."""

    def __init__(self, questions: Iterable[str]) -> None:
        """Index questions, which are given with their white space folded."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for question in questions:
            found[plain_words(question)][question] = None
        self._found: Mapping[str, Mapping[str, None]] = found

    def of(self, text: str) -> tuple[str, ...]:
        """Return the benchmark's questions that have the same words as the given one."""
        words = plain_words(text)
        return tuple(self._found.get(words, ())) if words else ()
