"""Reads one verdict of another harness: a boolean, a word, a number, or several of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from locomo_vqa.json_gate import load_json

from .fields import plain_keys

__all__ = ["INNER_KEYS", "verdicts_in"]

_RIGHT = frozenset(
    {
        *("correct", "right", "true", "yes", "pass", "passed", "accept", "accepted", "match"),
        "✅",
        "✓",
    }
)
_WRONG = frozenset(
    {
        *("wrong", "incorrect", "false", "no", "fail", "failed", "reject", "rejected"),
        *("not_correct", "mismatch", "no_match", "❌", "✗"),
    }
)
_PARTLY = frozenset({"partial", "partly", "partially_correct", "partially_right", "partly_correct"})

INNER_KEYS = (
    *("score", "is_correct", "correct", "verdict", "label", "judgment", "judgement"),
    *("grade", "result", "llm_score", "judge_score", "answer_correct", "passed", "value"),
)
"""Where a verdict is in an object that holds it with its reason."""

_DEPTH = 3
_MOST_CHARACTERS = 10_000
_FIRST_WORD = re.compile(
    r"\W{0,9}(correct|incorrect|wrong|right|yes|no)\s{0,9}[:;,.(\u2013\u2014-]", re.IGNORECASE
)
"""A verdict that is followed by its reason."""
_NUMBER = re.compile(r"[0-9]{1,8}(?:\.[0-9]{0,8})?|\.[0-9]{1,8}")
_PERCENT = re.compile(rf"({_NUMBER.pattern})_?%")


def verdicts_in(value: Any, *, depth: int = _DEPTH) -> list[float]:
    """Return the verdicts that a value holds as numbers, of which 1 accepts and 0 refuses.

    An object has one verdict, under one of `INNER_KEYS`, or several of its own, as in
    `{"judgment_1": true, "judgment_2": false}`; a list has one in each item. A percentage such as
    `75%` is 0.75; other numbers are returned unchanged: the caller knows their scale. Other values,
    such as ERROR, hold none.
    """
    if isinstance(value, bool):
        return [float(value)]
    if isinstance(value, int | float):
        return [float(value)] if math.isfinite(value) and 0 <= value <= 100 else []
    if isinstance(value, str):
        return _of_word(value)
    if depth and isinstance(value, dict):
        return list(_in_object(value, depth))
    if depth and isinstance(value, list):
        return [verdict for item in value for verdict in verdicts_in(item, depth=depth - 1)]
    return []


def _of_word(value: str) -> list[float]:
    if value.lstrip().startswith("{") and len(value) <= _MOST_CHARACTERS:
        return _of_json(value)
    if found := _FIRST_WORD.match(value):
        value = found[1]
    word = value.strip().strip(".!").lower().replace(" ", "_").replace("-", "_")
    for words, verdict in ((_RIGHT, 1.0), (_WRONG, 0.0), (_PARTLY, 0.5)):
        if word in words:
            return [verdict]
    percent = _PERCENT.fullmatch(word)
    if percent and float(percent[1]) <= 100:
        return [float(percent[1]) / 100]
    return verdicts_in(float(word)) if _NUMBER.fullmatch(word) else []


def _of_json(text: str) -> list[float]:
    try:
        return verdicts_in(load_json(text))
    except ValueError:
        return []


def _in_object(value: Mapping[str, Any], depth: int) -> Iterator[float]:
    plain = plain_keys(value)
    for name in INNER_KEYS:
        if name in plain and (found := verdicts_in(plain[name], depth=depth - 1)):
            yield from found
            return
    numbered = [name for name in plain if name[-1:].isdecimal()]
    for name in numbered:
        yield from verdicts_in(plain[name], depth=depth - 1)
