"""Exact match of one word: the rule behind the metric V."""

from __future__ import annotations

__all__ = ["exact_match", "normalise"]


def normalise(text: str) -> str:
    """Return `text` in lower case and without white space at its ends.

    Nothing else is done: an article, a full stop or a plural makes another answer.
    """
    return text.lower().strip()


def exact_match(prediction: str, gold: str) -> bool:
    """Tell whether two answers are the same once normalised.

    Source: the MemLoRA paper (arXiv 2512.04763) defines V as the share of one-word answers that
    equal the gold answer.
    """
    return normalise(prediction) == normalise(gold)
