"""Keeps special tokens out of given text: a question can't end its turn or bring an image."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["break_tokens", "special_tokens_of"]


def special_tokens_of(processor: Any) -> frozenset[str]:
    """Return what a tokenizer, or a processor and its tokenizer, read as something else than text.

    These are the tokens that are marked as special, and those that stand for an image or a video
    (attributes such as `image_token`).
    """
    tokenizer = getattr(processor, "tokenizer", processor)
    marked = [t for t in tokenizer.added_tokens_decoder.values() if t.special]
    found = {str(token) for token in (*marked, *tokenizer.all_special_tokens)}
    for owner in (processor, tokenizer):
        named = vars(owner).items()
        found |= {value for key, value in named if key.endswith("_token") and type(value) is str}
    return frozenset(found)


def break_tokens(tokens: Iterable[str]) -> Callable[[str], str]:
    """Return a function that puts a blank after the first character of each token in a text.

    No token is left then, in capitals or small letters, and a reader still sees what was written:
    `<|im_end|>` becomes `< |im_end|>`. Any other text stays as it is. A blank is used because some
    tokenizers drop characters without width. Tokens of one character, and those with a blank of
    their own, are let through.
    """
    breakable = [token for token in tokens if len(token) > 1 and not re.search(r"\s", token)]
    if not breakable:
        return str
    longest_first = sorted(breakable, key=lambda token: (-len(token), token))
    pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)

    def plain(text: str) -> str:
        # Tokens may overlap, so that breaking one leaves another.
        while (broken := pattern.sub(lambda m: f"{m[0][0]} {m[0][1:]}", text)) != text:
            text = broken
        return text

    return plain
