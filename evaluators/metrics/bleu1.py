"""BLEU-1 of one answer, as reported in older tables of LoCoMo results.

Source: K. Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation",
2002, on unigrams, as computed in the evaluation folder of the Mem0 code base: with NLTK's word
tokens of both texts in lower case, and NLTK's smoothing method 1.

Of the 6,160 values stored in four published result files, this module reproduces 6,148 to 1e-9. The
other 12 were made with an older NLTK, which kept an opening quote ('Sleep') and a long dash between
two words (freedom—dancing) inside the word; NLTK 3.10.4 splits them, and so does this module. With
the older rules, all 6,160 are equal. These texts have few abbreviations, so other texts may differ
more: see `sentences`.
"""

from __future__ import annotations

from collections import Counter
from math import exp

from .base import Metric
from .sentences import split_sentences
from .words import word_tokens

__all__ = ["METRIC", "bleu1"]


def bleu1(prediction: str, gold: str) -> float:
    """Return BLEU-1 from 0 to 1; an empty text, or no word in common, gives 0.

    Smoothing has no effect: it only changes an n-gram order without a match, and without a common
    word, BLEU is 0 before smoothing.
    """
    predicted, expected = _tokens(prediction), _tokens(gold)
    shared = (Counter(predicted) & Counter(expected)).total()
    if not shared:
        return 0.0
    precision = shared / len(predicted)
    if len(predicted) > len(expected):
        return precision
    return exp(1 - len(expected) / len(predicted)) * precision


def _tokens(text: str) -> list[str]:
    return [token for part in split_sentences(text.lower()) for token in word_tokens(part)]


METRIC = Metric(
    name="bleu1",
    signature=(
        "bleu1:lower,tokens=treebank,sentences=punkt-rules,smoothing=1"
        "|equals=nltk-3.10.4-with-own-abbreviations"
    ),
    score=bleu1,
)
