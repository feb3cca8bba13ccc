"""Fits what a memory hands to the answering model into a number of tokens.

Only what comes from the memory counts: the passages, as the prompt has them. The instructions,
the question, the date and images don't.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from locomo_vqa.errors import InputError
from locomo_vqa.models.token_counting import TokenCounter, open_counter
from locomo_vqa.system import ContextBudget, Hit

__all__ = [
    "CUT_MARK",
    "FittedTexts",
    "as_list",
    "context_in_words",
    "count_context",
    "fit_hits",
    "fit_latest",
    "fit_texts",
    "parse_context",
]

CUT_MARK = " […]"
"""What ends a passage that was cut; it counts as part of the passage."""

_K = 1024
_BUDGET = re.compile(r"([1-9][0-9]{0,8})(k?)", re.IGNORECASE)
_MOST_TOKENS = 100_000_000

AsBlock = Callable[[Sequence[str]], str]
"""Returns passages as the prompt has them."""


def parse_context(value: object) -> int | None:
    """Return a budget in tokens: None, a whole number, or a text such as `256`, `4k` or `16K`.

    A k is 1,024 tokens.

    Raises:
        InputError: it is none of these.
    """
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_TOKENS:
        return value
    found = _BUDGET.fullmatch(value) if isinstance(value, str) else None
    tokens = 0 if found is None else int(found[1]) * (_K if found[2] else 1)
    if not 1 <= tokens <= _MOST_TOKENS:
        raise InputError(
            f"`context` must be a number of tokens such as 256, 4k or 16k, not {value!r}.",
            "A k is 1,024 tokens.",
        )
    return tokens


def context_in_words(tokens: int | None) -> str:
    """Return a budget as a short text: `256`, `4k`, or `no limit`."""
    if tokens is None:
        return "no limit"
    return f"{tokens // _K}k" if tokens % _K == 0 else f"{tokens:,}"


def as_list(texts: Sequence[str]) -> str:
    """Return passages as a list, a line each, as most of the toolkit's prompts have them."""
    return "\n".join(f"- {text}" for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedTexts:
    """The passages that fit, and their tokens."""

    texts: tuple[str, ...]
    """Whole passages, best first; the last one may be cut, and then ends with `CUT_MARK`."""
    tokens: int | None
    """The tokens of all of them, as the prompt has them; None if nothing counts them."""


def fit_texts(
    texts: Sequence[str], budget: ContextBudget | None, *, as_block: AsBlock = as_list
) -> FittedTexts:
    """Return as many passages as fit, best first.

    The first passage that does not fit is cut at the end of a token and marked; those after it are
    left out. If not even one token of it fits with the mark, it is left out too.
    """
    if budget is None:
        return FittedTexts(texts=tuple(texts), tokens=None)
    counter = open_counter(budget.tokenizer)

    def size(kept: Sequence[str]) -> int:
        return counter.count(as_block(kept)) if kept else 0

    if budget.tokens is None or size(texts) <= budget.tokens:
        return FittedTexts(texts=tuple(texts), tokens=size(texts))
    limit = budget.tokens
    number = _most(len(texts), lambda n: size(texts[:n]) <= limit)
    whole = list(texts[:number])
    cut = _cut(texts[number], counter, lambda text: size([*whole, text]) <= limit)
    kept = whole if cut is None else [*whole, cut]
    return FittedTexts(texts=tuple(kept), tokens=size(kept))


def fit_hits(
    hits: Sequence[Hit], budget: ContextBudget | None
) -> tuple[tuple[Hit, ...], int | None]:
    """Return the hits that fit, the last one perhaps with a cut text, and their tokens."""
    fitted = fit_texts([hit.text for hit in hits], budget)
    kept = zip(hits, fitted.texts, strict=False)
    return tuple(replace(hit, text=text) for hit, text in kept), fitted.tokens


def fit_latest(
    number: int, block: Callable[[int], str], budget: ContextBudget | None
) -> tuple[int, int | None]:
    """Return how many of the latest passages fit whole, and their tokens.

    Args:
        number: how many there are.
        block: returns that number of the latest ones, as the prompt has them.
        budget: the budget, if there is one.
    """
    if budget is None:
        return number, None
    limit, counter = budget.tokens, open_counter(budget.tokenizer)
    if limit is not None:
        number = _most(number, lambda n: counter.count(block(n)) <= limit)
    return number, counter.count(block(number)) if number else 0


def count_context(text: str, budget: ContextBudget | None) -> int | None:
    """Return the tokens of a text that is not cut; None if nothing counts them."""
    return None if budget is None else open_counter(budget.tokenizer).count(text)


def _cut(text: str, counter: TokenCounter, fits: Callable[[str], bool]) -> str | None:
    """Return the longest beginning of a text that fits with the mark, up to the end of a token."""
    ends = sorted(set(counter.ends(text)) - {0, len(text)})
    for end in reversed(ends[: _most(len(ends), lambda n: fits(_marked(text, ends[n - 1])))]):
        if text[:end].strip() and fits(_marked(text, end)):
            return _marked(text, end)
    return None


def _marked(text: str, end: int) -> str:
    return text[:end].rstrip() + CUT_MARK


def _most(number: int, fits: Callable[[int], bool]) -> int:
    """Return the largest n of 1 to `number` that fits, 0 if none does.

    A longer text may have a token less than a shorter one, where two tokens become one: so the
    found n is checked, and made smaller until it fits.
    """
    found = bisect_right(range(1, number + 1), 0, key=lambda n: 0 if fits(n) else 1)
    while found and not fits(found):
        found -= 1
    return found
