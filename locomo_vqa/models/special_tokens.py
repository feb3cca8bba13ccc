"""Keeps special tokens out of texts, so that a question can't end its turn or add an image."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["break_tokens", "special_tokens_of"]


def special_tokens_of(processor: Any) -> frozenset[str]:
    """Return the tokens that a tokenizer or a processor does not treat as ordinary text.

    These are the tokens marked as special, and placeholders of images and videos (attributes such
    as `image_token`).
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

    Then no token is left, in upper or lower case, and a reader still sees what was written:
    `<|im_end|>` becomes `< |im_end|>`. Other text is unchanged. A blank is used because some
    tokenizers drop characters without width. Tokens of one character, and tokens that contain a
    blank, are not broken.
    """
    breakable = [token for token in tokens if len(token) > 1 and not re.search(r"\s", token)]
    if not breakable:
        return str
    longest_first = sorted(breakable, key=lambda token: (-len(token), token))
    pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)

    def plain(text: str) -> str:
        # Tokens may overlap, so breaking one may leave another.
        while (broken := pattern.sub(lambda m: f"{m[0][0]} {m[0][1:]}", text)) != text:
            text = broken
        return text

    return plain
