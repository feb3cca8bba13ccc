"""Finds the keys of a row: the question, the gold answer, the prediction, and so on."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import some

__all__ = [
    "CATEGORY_KEYS",
    "CONVERSATION_KEYS",
    "ID_KEYS",
    "INDEX_KEYS",
    "QUESTION_KEYS",
    "AnswerKeys",
    "choose_answer_keys",
    "first_text",
    "gold_text",
    "is_nan",
    "is_row",
    "shown",
    "text_or_number",
    "whole_number",
]

QUESTION_KEYS = ("question", "query", "question_text")
ID_KEYS = ("question_id", "query_id", "qa_id", "id")
INDEX_KEYS = ("question_index", "qa_index", "question_idx", "qa_idx", "index")
CATEGORY_KEYS = ("category", "category_int", "category_id")
CONVERSATION_KEYS = (
    "sample_id",
    "conversation_id",
    "conv_id",
    "conversation",
    "conv_index",
    "conversation_index",
    "conv_idx",
    "user_id",
)

PREDICTION_KEYS = (
    "response",
    "generated_answer",
    "ai_response",
    "predicted",
    "predicted_answer",
    "prediction",
    "hypothesis",
    "model_answer",
    "model_response",
    "model_output",
)
"""Keys that can only be a prediction; so can `<model>_prediction`."""

GOLD_KEYS = (
    "golden_answer",
    "gold_answer",
    "gold_answers",
    "gold",
    "expected_answer",
    "ground_truth",
    "ground_truth_answer",
    "reference",
    "reference_answer",
    "correct_answer",
)
"""Keys that can only be a gold answer."""

EITHER_KEY = "answer"
"""The key that is the gold answer in some layouts and the prediction in others."""

_MOSTLY = 0.9
_DIGITS = re.compile(r"\d{1,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerKeys:
    """The keys of the answers in the rows of a file."""

    prediction: str
    """The key of the prediction."""
    gold: str | None
    """The key of the file's own gold answers, if it has any."""


def is_row(value: Mapping[str, Any]) -> bool:
    """Return whether an object is a row and not a container of rows."""
    names = (*QUESTION_KEYS, "question_id", "query_id", *PREDICTION_KEYS)
    return any(isinstance(value.get(name), str) for name in names)


def shown(text: str, most: int = 60) -> str:
    """Return the beginning of a text from a file, in a form that is safe to print."""
    return text[:most] if text[:most].isprintable() else ascii(text[:most])[1:-1]


def first_text(fields: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """Return the first of the named values that is a string or a number, as a string."""
    return next((text for name in names if (text := text_or_number(fields.get(name)))), None)


def text_or_number(value: Any) -> str | None:
    """Return a string unchanged, and a number as a string; None for NaN and anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or is_nan(value):
        return None
    return str(value)


def is_nan(value: Any) -> bool:
    """Return whether a value is NaN."""
    return isinstance(value, float) and math.isnan(value)


def whole_number(value: Any) -> int | None:
    """Return a number of at most six digits, which may be written as a string or as 2.0."""
    digits = (text_or_number(value) or "").strip().removesuffix(".0")
    return int(digits) if _DIGITS.fullmatch(digits) else None


def gold_text(value: Any) -> str | None:
    """Return a gold answer as a string, also if it is the only one in a list; None if blank."""
    text = text_or_number(value[0] if isinstance(value, list) and len(value) == 1 else value)
    return text if text and text.strip() else None


def choose_answer_keys(
    rows: Sequence[Mapping[str, Any]],
    *,
    prediction_key: str | None,
    golds: Collection[str],
    path: Path,
) -> AnswerKeys:
    """Return the keys of the prediction and the gold answer.

    `golds` are the benchmark's gold answers: a file with only these as answers has no predictions.

    Raises:
        InputError: no key, or more than one, may be the prediction.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    if prediction_key is not None:
        if prediction_key not in names:
            raise InputError(
                f"{path}: no row has the key '{prediction_key}'.",
                f"Choose one that the rows have: {_shown_names(names)}.",
            )
        return _answer_keys(prediction_key, names)
    sure = [name for name in names if name in PREDICTION_KEYS or name.endswith("_prediction")]
    if len(sure) > 1:
        raise InputError(
            f"{path}: several keys can be the prediction: {_shown_names(sure)}.",
            f"Set `prediction_key` to one of them, such as {shown(sure[0])}.",
        )
    if sure:
        return _answer_keys(sure[0], names)
    if EITHER_KEY not in names:
        raise _no_predictions(path, f"the rows' keys are {_shown_names(names)}")
    keys = _answer_keys(EITHER_KEY, names)
    if _mostly_gold(rows, golds):
        raise _no_predictions(path, f"'{EITHER_KEY}' contains the benchmark's own gold answers")
    if keys.gold is None:
        raise InputError(
            f"{path}: '{EITHER_KEY}' may be the prediction or the gold answer.",
            f"If it is the prediction, set `prediction_key` to {EITHER_KEY}.",
        )
    return keys


def _answer_keys(prediction: str, names: Sequence[str]) -> AnswerKeys:
    others = (name for name in (*GOLD_KEYS, EITHER_KEY) if name in names and name != prediction)
    return AnswerKeys(prediction=prediction, gold=next(others, None))


def _mostly_gold(rows: Sequence[Mapping[str, Any]], golds: Collection[str]) -> bool:
    texts = [text.strip() for row in rows if (text := text_or_number(row.get(EITHER_KEY)))]
    return bool(texts) and sum(text in golds for text in texts) >= _MOSTLY * len(texts)


def _shown_names(names: Sequence[str]) -> str:
    return some([shown(name) for name in names], most=12)


def _no_predictions(path: Path, why: str) -> InputError:
    return InputError(
        f"{path}: has no predictions: {why}.",
        "Give the file with the system's answers, or set `prediction_key` to their key.",
    )
