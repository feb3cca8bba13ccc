"""Recognises that a model refuses a prompt for its length, and splits a text into shorter ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from locomo_vqa.models.chat import ModelDenied, ModelFailed

__all__ = ["is_too_long", "split_lines"]

_WORDS = re.compile(
    r"too long|context.{0,20}(length|window|size)|maximum.{0,20}(context|length|tokens)|"
    r"too many (input )?tokens|exceed\w* .{0,40}(context|tokens|length)",
    re.IGNORECASE | re.DOTALL,
)
"""What endpoints and models in this process say of a prompt that is too long for them."""

_FEWEST_CHARACTERS = 200
"""A shorter text is not what makes a prompt too long."""


def is_too_long(error: ModelFailed) -> bool:
    """Return whether a model refused a request because of its length."""
    return not isinstance(error, ModelDenied) and _WORDS.search(str(error)) is not None


def split_lines(texts: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """Split texts into two halves, a single one at a space; None if it is too short to split."""
    if len(texts) > 1:
        middle = len(texts) // 2
        return list(texts[:middle]), list(texts[middle:])
    (text,) = texts
    if len(text) < _FEWEST_CHARACTERS:
        return None
    middle = len(text) // 2
    place = max(text.rfind(mark, middle // 2, middle) for mark in (" ", "\n"))
    cut = place + 1 if place > 0 else middle
    return [text[:cut].rstrip()], [text[cut:]]
