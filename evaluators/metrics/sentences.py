"""Splits lower-case English text into sentences by Punkt's rules.

Source: T. Kiss and J. Strunk, "Unsupervised Multilingual Sentence Boundary Detection",
Computational Linguistics 32, 2006, pages 485-525, as implemented in NLTK 3.10.4.

Punkt takes its abbreviations, sentence starters and collocations from a model trained on
newspapers, which is not part of this package. In text without capitals, the model matters
little: sentence starters only count when capitalised, so every full stop at the end of a
word ends a sentence, unless the word is an abbreviation, or an initial or a number before a
lower-case word. The abbreviations here are our own list. With this list in its model, NLTK
finds the same sentences; `bleu1` says what it was tested against.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from string import whitespace

__all__ = ["ABBREVIATIONS", "split_sentences"]

ABBREVIATIONS = frozenset(
    (
        *("a.m", "p.m", "u.s", "u.k", "d.c", "ph.d", "j.k"),
        *("dr", "mr", "mrs", "ms", "prof", "rev", "jr", "sr"),
        *("gen", "col", "lt", "sgt", "maj", "capt", "gov", "sen", "rep"),
        *("inc", "ltd", "co", "corp", "bros", "st", "vs"),
        *("jan", "feb", "aug", "sept", "oct", "nov", "dec"),
    )
)
"""Abbreviations, without their final full stop, which does not end a sentence.

Words that are usually not abbreviations in lower case (mar, sat, no, ill) are left out. Initials
written together (r.r) end a sentence unless listed; j.k is listed because stored scores show that
it is in Punkt's English model.
"""

_QUOTES = "'‘’“”«»"
_BREAKS_WORD = rf"[)\";}}\]*:@({{\[?!{_QUOTES}]"
_RUN = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"

# A mark that may end a sentence, if followed by a mark or a new word.
_CANDIDATE = re.compile(rf"[.?!](?=(?P<after>{_BREAKS_WORD}|\s+(?P<next>\S+)))")
_TOKEN = re.compile(
    rf"{_RUN}"
    rf"|[^\s(\"`{{\[:;&#*@)}}\]\-,]\S*?(?=\s|\Z|{_BREAKS_WORD}|{_RUN}"
    rf"|,(?:\Z|\s|{_BREAKS_WORD}|{_RUN}))"
    r"|\S"
)
_NUMBER = re.compile(r"-?[.,]?\d[\d,.-]*")
_INITIAL = re.compile(r"[^\W\d]\.")
# Closing quotes and brackets that belong to the preceding sentence.
_CLOSING = re.compile(rf"[\")\]}}{_QUOTES}]+?(?:\s+|(?=--)|$)", re.MULTILINE)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of `text`, which must be in lower case."""
    breaks = [
        (mark.end(), mark.end() if mark["next"] is None else mark.start("next"))
        for mark, context in _possible_ends(text)
        if _has_end(context)
    ]
    end_of_text = len(text.rstrip())
    ends = [*(stop for stop, _ in breaks[1:]), end_of_text]
    start, sentences = 0, []
    for (stop, following), end in zip(breaks, ends, strict=False):
        closing = _CLOSING.match(text[following:end])
        if closing:
            stop = following + len(closing[0].rstrip())
            following += closing.end()
        sentences.append(text[start:stop])
        start = following
    sentences.append(text[start:end_of_text])
    return [sentence for sentence in sentences if sentence]


def _possible_ends(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield each mark that may end a sentence, with its word and the token after it.

    Of several marks at one word, only the last is a candidate, unless the word is empty.
    """
    word, last = 0, None
    for mark in _CANDIDATE.finditer(text):
        seen = last.start() if last else 0
        gap = max(text.rfind(space, seen, mark.start()) for space in whitespace)
        before, word = word, gap + 1 if gap > seen else word
        if last and seen <= word:
            yield last, text[before : last.end()] + last["after"]
        last = mark
    if last:
        yield last, text[word : last.end()] + last["after"]


def _has_end(context: str) -> bool:
    """Return whether a token of `context` ends a sentence and another one follows."""
    tokens = [token for line in context.split("\n") for token in _TOKEN.findall(line)]
    return any(_ends_sentence(token, following) for token, following in pairwise(tokens))


def _ends_sentence(token: str, following: str) -> bool:
    if token in (".", "?", "!"):
        return True
    if not token.endswith(".") or token.endswith(".."):
        return False
    word = token[:-1]
    if word in ABBREVIATIONS or word.rpartition("-")[2] in ABBREVIATIONS:
        return False
    if _INITIAL.fullmatch(token) or _NUMBER.fullmatch(token):
        return not (following in tuple(";:,.!?") or following[0].islower())
    return True
