"""Finds answers with characters that can't be seen, which make equal answers look different."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from locomo_vqa.files import some
from locomo_vqa.runs import Prediction
from locomo_vqa.text import counted

from ...entry_files.look_alikes import unseen_characters
from ..checklist import Checklist

__all__ = ["check_invisible", "without_invisible"]

MOST = 0.01
"""The share of answers that may have them: LoCoMo's own talk and gold answers have a few."""
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and accents that are drawn as nothing."""


def check_invisible(checks: Checklist, predictions: Sequence[Prediction]) -> None:
    """Check how many answers have characters that can't be seen."""
    given = [each.prediction for each in predictions if each.prediction]
    found = [codes for text in given if (codes := _invisible(text))]
    if not found:
        checks.passed("characters")
        return
    names = list(dict.fromkeys(code for codes in found for code in codes))
    verb = "has" if len(found) == 1 else "have"
    figures = (
        f"{len(found):,} of {counted(len(given), 'answer')} {verb} characters that can't be seen: "
        f"{some(names)}."
    )
    if len(found) > MOST * len(given):
        checks.flagged("characters", figures)
    checks.passed("characters", figures)


def without_invisible(text: str) -> str:
    """Return a text without the characters that are drawn as nothing."""
    return "".join(character for character in text if not _is_invisible(character))


def _invisible(text: str) -> list[str]:
    """Return the codes of such characters, except for those that belong to an emoji."""
    if text.isascii():
        return []
    return [code for code in unseen_characters(text) if _is_invisible(chr(int(code[2:], 16)))]


def _is_invisible(character: str) -> bool:
    """Return whether a character has no width; spaces and line breaks have."""
    return (
        unicodedata.category(character) == "Cf"
        or character in _FILLERS
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )
