"""Reads the judge's prompt that a user names in place of a bundled rubric."""

from __future__ import annotations

import os
import re
from pathlib import Path

from locomo_vqa.arguments import check_path, nearest
from locomo_vqa.bounded_reading import read_bounded_text
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_text

from .rubrics import NAMES, RUBRICS, RubricPrompt, VerdictKey, bundled_rubric

__all__ = ["MAX_BYTES", "read_rubric"]

MAX_BYTES = 64 << 10
"""Larger files are refused: every answer is judged with the whole prompt."""

_QUOTE = "[\"'“”‘’`]"
_KEY = re.compile(f"{_QUOTE}(verdict|label){_QUOTE}")
_BRACED = re.compile(r"\{([A-Za-z_]\w*)\}")
_DOLLAR = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
_WHERE = "Write $data, or {question}, {gold_answer} and {generated_answer}, where the texts belong."


def read_rubric(rubric: str | os.PathLike[str]) -> RubricPrompt:
    """Return the prompt of a bundled rubric (`lenient`, `strict`) or of a file.

    A file named like a bundled rubric is given with its folder (`./strict`).

    Raises:
        InputError: it is neither; the file is too large or can't be read; it lacks the names of
            the texts, has unknown names, or asks for a verdict that can't be read.
    """
    for known in RUBRICS:
        if rubric == known:
            return bundled_rubric(known)
    path = check_path("rubric", rubric)
    if not path.exists():
        close = nearest(str(rubric), RUBRICS)
        raise InputError(
            f"`rubric` must be one of {', '.join(RUBRICS)}, or a file with a judge's prompt, "
            f"not {str(rubric)!r}, which is not found.",
            f"Did you mean {close!r}?" if close else "Correct the path.",
        )
    text = read_bounded_text(path, what="a judge's prompt", most=MAX_BYTES).replace("\r\n", "\n")
    if not text.strip():
        raise InputError(f"`rubric`: {path} is empty.", f"Write a judge's prompt. {_WHERE}")
    verbatim = _check_names(path, text)
    return RubricPrompt("file", text, sha256_text(text), _key(path, text), verbatim)


def _check_names(path: Path, text: str) -> bool:
    """Check the names to fill in, and return whether they are the three in braces."""
    dollars = {one or other for one, other in _DOLLAR.findall(text)}
    braced = set(_BRACED.findall(_DOLLAR.sub("", text)))
    found = dollars | braced
    for name in sorted(found - {"data", *NAMES}):
        close = nearest(name, ("data", *NAMES))
        raise InputError(
            f"`rubric`: {path} has the name {name!r}, which a judge's prompt can't be filled with.",
            f"Did you mean {close!r}? {_WHERE}" if close else _WHERE,
        )
    if dollars == {"data"} and not braced:
        return False
    if braced == set(NAMES) and not dollars:
        return True
    if not found:
        problem = "doesn't say where the question and the answers belong"
    else:
        problem = f"has only {', '.join(sorted(found))} to fill in, or mixes both ways of doing so"
    raise InputError(f"`rubric`: {path} {problem}.", _WHERE)


def _key(path: Path, text: str) -> VerdictKey:
    """Return the key of the JSON object that the prompt asks for."""
    keys = set(_KEY.findall(text))
    if len(keys) != 1 or not all(re.search(rf"\b{word}\b", text) for word in ("CORRECT", "WRONG")):
        raise InputError(
            f"`rubric`: {path} doesn't ask for a verdict that can be read.",
            'Ask for a JSON object whose key "verdict" (or, instead, "label") is CORRECT or WRONG.',
        )
    return "verdict" if "verdict" in keys else "label"
