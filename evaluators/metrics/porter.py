"""The Porter stemmer, with the extensions that NLTK enables by default.

Source: M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, pages 130-137.
The deviations marked "extension" below come from `nltk.stem.porter.PorterStemmer()`, version
3.10.4, whose stems this module reproduces for every input, including words with digits, punctuation
or letters outside a-z. ROUGE and METEOR are defined on these stems.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

__all__ = ["stem"]

_Rules: TypeAlias = tuple[tuple[str, str], ...]

# Extension: words that the rules are known to get wrong.
_IRREGULAR = {
    "sky": "sky",
    "skies": "sky",
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "news": "news",
    "inning": "inning",
    "innings": "inning",
    "outing": "outing",
    "outings": "outing",
    "canning": "canning",
    "cannings": "canning",
    "howe": "howe",
    "proceed": "proceed",
    "exceed": "exceed",
    "succeed": "succeed",
}

# Steps 2 to 4: the first suffix that matches decides, even if its condition is not met.
_STEP_2: _Rules = (
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
)
_STEP_3: _Rules = (
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
)
_STEP_4 = (
    *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion"),
    *("ou", "ism", "ate", "iti", "ous", "ive", "ize"),
)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of `word`, in lower case."""
    text = word.lower()
    if text in _IRREGULAR:
        return _IRREGULAR[text]
    if len(word) <= 2:
        return text
    for step in (_plural, _past_and_gerund, _final_y, _long_suffix, _adjective_suffix):
        text = step(text)
    return _final_l(_final_e(_bare_suffix(text)))


def _vowel_shape(text: str) -> str:
    """Spell `text` with v for vowels and c for everything else; y is a vowel after a consonant."""
    shape = ""
    for letter in text:
        if letter in "aeiou" or (letter == "y" and shape[-1:] == "c"):
            shape += "v"
        else:
            shape += "c"
    return shape


def _vowel_measure(text: str) -> int:
    """Count how often a vowel is followed by a consonant: Porter's m."""
    return _vowel_shape(text).count("vc")


def _is_short(text: str) -> bool:
    """Return whether `text` ends in a short syllable: Porter's *o.

    Extension: a vowel and a consonant alone also count.
    """
    shape = _vowel_shape(text)
    return shape == "vc" or (shape.endswith("cvc") and text[-1] not in "wxy")


def _plural(word: str) -> str:
    """Step 1a."""
    if word.endswith("ies"):
        # Extension: dies becomes die, while flies becomes fli.
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _past_and_gerund(word: str) -> str:
    """Step 1b."""
    if word.endswith("ied"):
        # Extension: died becomes die, while spied becomes spi.
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _vowel_measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        rest = word.removesuffix(suffix)
        if rest != word and "v" in _vowel_shape(rest):
            return _restore_ending(rest)
    return word


def _restore_ending(rest: str) -> str:
    """Restore the e of a word without its -ed or -ing, or remove a doubled consonant."""
    if rest.endswith(("at", "bl", "iz")):
        return rest + "e"
    if rest[-2:-1] == rest[-1] and _vowel_shape(rest)[-1] == "c":
        return rest if rest[-1] in "lsz" else rest[:-1]
    if rest.endswith("*d"):
        # NLTK's rule table writes "doubled consonant" as "*d", so it matches these letters too.
        return rest[:-2] + "d"
    return rest + "e" if _vowel_measure(rest) == 1 and _is_short(rest) else rest


def _final_y(word: str) -> str:
    """Step 1c. Extension: y becomes i after any consonant except the first letter."""
    if len(word) > 2 and word.endswith("y") and _vowel_shape(word[:-1])[-1] == "c":
        return word[:-1] + "i"
    return word


def _replace(word: str, rules: _Rules) -> str:
    """Apply the first rule whose suffix matches, if the rest has a measure above 0."""
    for suffix, replacement in rules:
        if word.endswith(suffix):
            rest = word[: -len(suffix)]
            return rest + replacement if _vowel_measure(rest) > 0 else word
    return word


def _long_suffix(word: str) -> str:
    """Step 2. Extensions: -alli goes first and the step starts again; -logi keeps its l."""
    if word.endswith("alli") and _vowel_measure(word[:-4]) > 0:
        return _long_suffix(word[:-2])
    if word.endswith("logi"):
        return word[:-1] if _vowel_measure(word[:-3]) > 0 else word
    return _replace(word, _STEP_2)


def _adjective_suffix(word: str) -> str:
    """Step 3."""
    return _replace(word, _STEP_3)


def _bare_suffix(word: str) -> str:
    """Step 4: remove suffixes if the rest has a measure above 1."""
    for suffix in _STEP_4:
        if word.endswith(suffix):
            rest = word[: -len(suffix)]
            keeps = _vowel_measure(rest) <= 1 or (suffix == "ion" and rest[-1] not in "st")
            return word if keeps else rest
    return word


def _final_e(word: str) -> str:
    """Step 5a."""
    if not word.endswith("e"):
        return word
    rest = word[:-1]
    measure = _vowel_measure(rest)
    return rest if measure > 1 or (measure == 1 and not _is_short(rest)) else word


def _final_l(word: str) -> str:
    """Step 5b."""
    return word[:-1] if word.endswith("ll") and _vowel_measure(word[:-1]) > 1 else word
