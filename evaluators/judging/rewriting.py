"""Rewrites a gold answer by rules, so that the verdict is known without a person or model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .dates import MONTHS

__all__ = [
    "content_words",
    "everything",
    "hedged",
    "list_items",
    "negated",
    "number_words",
    "reordered",
    "reworded",
    "subset",
    "vague",
]

_NUMBERS = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
)
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBERS, 2)}
_WORDS = {digits: word for word, digits in _DIGITS.items()}
_NUMBER = re.compile(rf"\b(?:{'|'.join(_NUMBERS)}|\d+)\b", re.IGNORECASE)
_MONTH = re.compile(rf"\b(?:{'|'.join(MONTHS)})\b", re.IGNORECASE)
_ITEM = re.compile(r"[^\W\d_][^\d,;:.]*")
_MOST_WORDS = 4
_LISTED = 12
_DENIABLE = frozenset({"yes", "no"})
"""What says yes or no: denied, it may be right."""

_EMPTY = frozenset(
    {
        *("a", "an", "and", "are", "as", "at", "be", "been", "by", "did", "do", "does", "for"),
        *("from", "had", "has", "have", "he", "her", "him", "his", "i", "in", "is", "it", "its"),
        *(
            "of",
            "on",
            "or",
            "she",
            "so",
            "some",
            "that",
            "the",
            "their",
            "them",
            "they",
            "this",
            "to",
        ),
        *("very", "was", "were", "what", "when", "where", "which", "who", "will", "with", "would"),
    }
)
_MEANING = {
    **dict.fromkeys(("yeah", "yep", "likely", "probably", "definitely", "certainly"), "yes"),
    **dict.fromkeys(("not", "never", "unlikely", "doesn", "isn", "none", "nothing"), "no"),
}


def content_words(text: str) -> frozenset[str]:
    """Return a text's content words, numbers as digits, and forms of yes and no.

    Two texts without a common content word are assumed to name different things.
    """
    words = re.findall(r"[^\W_]+", text.lower())
    return frozenset(
        _MEANING.get(word, _DIGITS.get(word, word)) for word in words if word not in _EMPTY
    )


def reworded(gold: str) -> Sequence[str]:
    """Return sentences that say exactly what the gold answer says."""
    plain = gold.strip().removesuffix(".")
    return (
        f"The answer is this: {plain}.",
        f"{plain}, going by what they wrote.",
        f"It was {plain}." if plain[:1].islower() else f"That would be: {plain}.",
    )


def number_words(gold: str) -> str | None:
    """Return a gold answer with its only number in words instead of digits, or vice versa.

    None if it doesn't have exactly one number, or has a month's name: the number is then a day.
    """
    found = _NUMBER.findall(gold)
    if len(found) != 1 or _MONTH.search(gold):
        return None
    (number,) = found
    other = _DIGITS.get(number.lower()) or _WORDS.get(number)
    return _NUMBER.sub(other, gold) if other else None


def list_items(gold: str) -> Sequence[str]:
    """Return the items of a gold answer that is a short list; nothing for other answers.

    The items are separated by commas, and have no digits and at most four words each.
    """
    items = [item.strip() for item in re.split(r",\s*(?:and\s+)?", gold.strip(" ."))]
    good = all(_ITEM.fullmatch(item) and len(item.split()) <= _MOST_WORDS for item in items)
    words = [content_words(item) for item in items]
    apart = all(not one & two for i, one in enumerate(words) for two in words[:i])
    return items if good and len(items) > 1 and all(words) and apart else ()


def reordered(items: Sequence[str]) -> str:
    """Return all items in reverse order."""
    return f"{', '.join(reversed(items[1:]))} and {items[0]}"


def subset(items: Sequence[str]) -> str:
    """Return the first half of the items."""
    return ", ".join(items[: len(items) // 2])


def hedged(gold: str, wrong: str) -> str:
    """Return an answer that names the gold answer and a wrong one without deciding."""
    return f"Either {gold.strip(' .')} or {wrong.strip(' .')}; one of the two."


def negated(gold: str) -> Sequence[str]:
    """Return sentences that name the gold answer and deny it; none if it is itself a yes or no."""
    plain = gold.strip().removesuffix(".")
    if content_words(gold) & _DENIABLE:
        return ()
    return (
        f"It was not {plain}.",
        f"{plain}? No, that was never the case.",
        f"{plain} would be the wrong answer here.",
    )


def everything(gold: str, others: Sequence[str]) -> Sequence[str]:
    """Return lists of 12 answers, of which one is the gold answer; none if there are too few."""
    different = list(dict.fromkeys(answer.strip(" .") for answer in others))[: _LISTED - 1]
    if len(different) < _LISTED - 1:
        return ()
    plain, half = gold.strip(" ."), len(different) // 2
    listed = "; ".join([*different[:half], plain, *different[half:]])
    return (
        f"{listed}.",
        f"Any of these: {listed}.",
        f"They mentioned all of this: {listed}; the answer is among it.",
    )


def vague(question: str) -> Sequence[str]:
    """Return a reply on the question's topic that does not answer it."""
    topic = question.strip().rstrip("?")
    return (
        f'They talked about that more than once. On "{topic}": it mattered a good deal to them, '
        "and they came back to it later.",
        f'The conversation touches on "{topic}", and both had thoughts to share about it.',
        "That came up between the two friends, who always take an interest in each other's lives.",
    )
