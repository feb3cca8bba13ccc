"""Exact match of one word: the rule behind the metric V."""

from __future__ import annotations

__all__ = ["exact_match", "normalise"]


def normalise(text: str) -> str:
    """Return `text` in lower case, without leading or trailing white space.

    Nothing else is changed: an article, a full stop or a plural makes a different answer.
    """
    return text.lower().strip()


def exact_match(prediction: str, gold: str) -> bool:
    """Return whether two answers are equal once normalised.

    Source: the MemLoRA paper (arXiv 2512.04763) defines V as the share of one-word answers that
    equal the gold answer.
    """
    return normalise(prediction) == normalise(gold)
