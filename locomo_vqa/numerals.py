"""One-word numbers: which number "three", "3" or "twenty-one" says."""

from __future__ import annotations

import re

from locomo_vqa.exact_match import normalise

__all__ = ["normalise_numbers", "number_of"]

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = (
    {word: number for number, word in enumerate(_UNITS)}
    | {word: 10 * number for number, word in enumerate(_TENS, 2)}
    | {
        f"{tens}-{unit}": 10 * number + ones
        for number, tens in enumerate(_TENS, 2)
        for ones, unit in enumerate(_UNITS[1:10], 1)
    }
    | {"hundred": 100, "thousand": 1000}
)
_DIGITS = re.compile(r"[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4}")


def number_of(text: str) -> int | None:
    """Return the whole number that a one-word answer says, in digits or as an English word.

    Known are digits (up to 15, also with commas between thousands), the words from "zero" to
    "ninety-nine", "hundred" and "thousand". Anything else, such as "3.5", "third" or "a pair", is
    None. Case and outer white space don't matter.
    """
    word = normalise(text)
    if _DIGITS.fullmatch(word):
        return int(word.replace(",", ""))
    return _WORDS.get(word)


def normalise_numbers(text: str) -> str:
    """Return `text` as `exact_match.normalise` does, with a number as digits: "Three" as "3"."""
    number = number_of(text)
    return normalise(text) if number is None else str(number)
