"""Splits an English sentence into words and punctuation, as in the Penn Treebank.

Source: the rules of R. MacIntyre's script for the Penn Treebank (1995) with the additions of
NLTK 3.10.4, whose `word_tokenize(text, preserve_line=True)` gives the same tokens.
"""

from __future__ import annotations

import re

__all__ = ["word_tokens"]

# Each pattern is applied to the result of the previous ones, so the order matters.
_REPLACEMENTS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # Opening quotes.
        (r"[«“‘„]|`+", r" \g<0> "),
        (r'\A"', "``"),
        (r"``", " `` "),
        (r"(?<=[ (\[{<])(?:\"|'')", " `` "),
        (r"(?i)(?<!\w)'(?=\w)(?!(?:[mtsdn]|re|ve|ll)\b)", "' "),
        # The full stop that ends the text, with quotes and brackets after it.
        (r"(?<=[^.])\.([\])}>\"'»”’ ]*+)\s*$", r" . \1 "),
        # Commas and colons, but not those within a number.
        (r"([:,])(\D)", r" \1 \2"),
        (r"[:,]$", r" \g<0> "),
        # Everything that is a token in any position.
        (r"\.{2,}|[;@#$%&?!\u2012-\u2015]", r" \g<0> "),
        (r"([^'])' ", r"\1 ' "),
        (r"--|[*\[\](){}<>]", r" \g<0> "),
        # Closing quotes; the spaces at both ends save later patterns a special case.
        (r"\A|\Z", " "),
        (r"[»”’]", r" \g<0> "),
        (r"''", " '' "),
        (r'"', " '' "),
        (r"\s+", " "),
        # Endings with an apostrophe.
        (r"([^' ])('[sSmMdD]?) ", r"\1 \2 "),
        (r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", r"\1 \2 "),
    )
)
_CONTRACTIONS = (
    re.compile(
        r"\b(?:(can)(not)|(d)('ye)|(gim)(me)|(gon)(na)|(got)(ta)|(lem)(me)|(more)('n)"
        r"|(wan)(na)(?=\s))\b",
        re.IGNORECASE,
    ),
    re.compile(r"(?<= )('t)(is|was)\b", re.IGNORECASE),
)


def word_tokens(sentence: str) -> list[str]:
    """Return the words and the punctuation of one sentence.

    Straight double quotes become two grave accents or two apostrophes. A full stop is a separate
    token only at the end of the text; elsewhere, it is part of its word.
    """
    for pattern, replacement in _REPLACEMENTS:
        sentence = pattern.sub(replacement, sentence)
    for pattern in _CONTRACTIONS:
        sentence = pattern.sub(_split_contraction, sentence)
    return sentence.split()


def _split_contraction(contraction: re.Match[str]) -> str:
    first, second = (group for group in contraction.groups() if group)
    return f" {first} {second} "
