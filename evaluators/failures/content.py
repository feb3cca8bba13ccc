"""What a text says: its words, names and numbers, compared by stem, beginning and synonym."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

from locomo_vqa.errors import MissingResource

from ..judging.rewriting import content_words
from ..metrics.porter import stem
from ..metrics.synonyms import synonyms

__all__ = ["found_terms", "has_term", "names_in", "plain", "terms_of"]

_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n\"“(])[^\S\n]*([^\W\d_][\w'’]*)")
_CAPITALISED = re.compile(r"\b[A-Z][\w]*(?:['’]s)?")
_SHARED_BEGINNING = 5
_SHORT = 3
_NOT_NAMES = frozenset(("i", "i'm", "ok", "okay", "tv", "btw", "lol"))

_EMPTY = frozenset(
    (
        *("about", "after", "again", "all", "also", "any", "because", "before", "being", "but"),
        *("can", "could", "don", "get", "got", "how", "if", "into", "just", "kind", "like", "ll"),
        *("make", "many", "me", "more", "much", "my", "now", "one", "other", "our", "out", "re"),
        *("really", "s", "t", "than", "then", "there", "these", "thing", "things", "those", "too"),
        *("type", "up", "us", "ve", "way", "we", "well", "whom", "whose", "why", "you", "your"),
    )
)
"""Words that say too little to tell one fact from another."""


@lru_cache(maxsize=65_536)
def plain(text: str) -> str:
    """Return a text in lower case without punctuation, articles and accents' variants."""
    text = unicodedata.normalize("NFKC", text).lower()
    words = re.findall(r"[^\W_]+", text)
    return " ".join(word for word in words if word not in ("a", "an", "the"))


@lru_cache(maxsize=65_536)
def terms_of(text: str) -> frozenset[str]:
    """Return the stems of a text's content words, and its numbers as digits."""
    words = content_words(unicodedata.normalize("NFKC", text)) - _EMPTY
    return frozenset(word if word[0].isdigit() else stem(word) for word in words)


@lru_cache(maxsize=65_536)
def names_in(text: str) -> frozenset[str]:
    """Return the stems of capitalised words that do not begin a sentence."""
    starts = {match.start(1) for match in _SENTENCE_START.finditer(text)}
    names = {
        match[0].removesuffix("'s").removesuffix("’s").lower()
        for match in _CAPITALISED.finditer(text)
        if match.start() not in starts
    }
    return frozenset(stem(name) for name in names - _NOT_NAMES)


def has_term(terms: Collection[str], wanted: str) -> bool:
    """Return whether a text's terms have one that says the same as the wanted one."""
    if wanted in terms:
        return True
    if wanted[0].isdigit() or len(wanted) <= _SHORT:
        return False
    if not _same(wanted).isdisjoint(terms):
        return True
    return any(
        term[:_SHARED_BEGINNING] == wanted[:_SHARED_BEGINNING] and _begin_alike(term, wanted)
        for term in terms
    )


def found_terms(wanted: Iterable[str], terms: Collection[str]) -> frozenset[str]:
    """Return those of the wanted terms that a text's terms have."""
    return frozenset(each for each in wanted if has_term(terms, each))


def _begin_alike(one: str, other: str) -> bool:
    """Return whether two stems are forms of one word, such as "driver" and "drive"."""
    short, long = sorted((one, other), key=len)
    return len(short) >= _SHARED_BEGINNING and long.startswith(short) and len(long) < len(short) + 4


@lru_cache(maxsize=16_384)
def _same(word: str) -> frozenset[str]:
    """Return the stems of a word's synonyms; without the table of synonyms, the word alone."""
    try:
        return frozenset(stem(each.lower()) for each in synonyms(word))
    except MissingResource:
        return frozenset((word,))
