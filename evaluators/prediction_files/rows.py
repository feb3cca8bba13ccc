"""A row of a predictions file, independent of its keys there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import CATEGORIES
from locomo_vqa.errors import InputError
from locomo_vqa.runs import MAX_ANSWER_CHARS

from .answer_keys import RowKeys
from .fields import (
    at_path,
    first_text,
    gold_text,
    is_nan,
    plain_keys,
    text_or_number,
    whole_number,
)
from .ids import split_id
from .keys import CATEGORY_KEYS, CONVERSATION_KEYS, ID_KEYS, INDEX_KEYS, QUESTION_KEYS
from .raw_rows import RawRow

__all__ = ["SourceRow", "check_length", "fold", "scores_of", "source_rows"]

_MOST = 1e9
_METRIC = re.compile(r"(?:^|_)(?:f1|bleu|rouge|meteor|score)(?:$|_|\d|l)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """The content of a row of a predictions file."""

    order: int
    """The row's index in the file, from 0."""
    place: str
    """The row's place in the file, for messages."""
    conversation: str | None
    """The file's name for the conversation, if it has one."""
    question_id: str | None
    """The file's id for the question."""
    question: str | None
    """The text of the question, with white space folded."""
    index: int | None
    """The question's number within the conversation, as the file counts."""
    category: int | None
    """The category's number; names are ignored, as published files often get them wrong."""
    gold: str | None
    """The file's own gold answer."""
    prediction: str | None
    """The answer, unchanged; None if it is missing or blank."""
    was_number: bool
    """Whether the answer was a number in the file."""
    was_null: bool
    """Whether the file has null, NaN, or nothing instead of an answer."""
    scores: Mapping[str, float]
    """The row's scores in the file."""
    ranking: Any = None
    """What was retrieved for the question, as the file has it; None if it doesn't say."""


def fold(text: str) -> str:
    """Return a text stripped, with every run of white space replaced by one space."""
    return " ".join(text.split())


def source_rows(rows: Sequence[RawRow], keys: RowKeys, *, path: Path) -> list[SourceRow]:
    """Return rows with their fields read by the given keys.

    Raises:
        InputError: a prediction is neither a string nor a number, or is too long.
    """
    return [_source_row(number, row, keys, path) for number, row in enumerate(rows)]


def check_length(answer: str, *, path: Path, place: str) -> None:
    """Raise an InputError for an answer of more than `MAX_ANSWER_CHARS` characters."""
    if len(answer) > MAX_ANSWER_CHARS:
        raise InputError(
            f"{path}: {place}: the answer has {len(answer):,} characters; "
            f"the limit is {MAX_ANSWER_CHARS:,}.",
            "Check what the system wrote there. Without the row, the question counts as missing.",
        )


def _source_row(number: int, row: RawRow, keys: RowKeys, path: Path) -> SourceRow:
    plain = plain_keys(row.fields)
    question_id = next((plain[n] for n in ID_KEYS if isinstance(plain.get(n), str)), None)
    conversation, number_in_id = split_id(question_id)
    numbers = (whole_number(plain.get(name)) for name in INDEX_KEYS)
    value = at_path(row.fields, keys.prediction)
    return SourceRow(
        order=number,
        place=row.place,
        conversation=_conversation_of(plain) or row.key or conversation,
        question_id=question_id,
        question=fold(_question_of(row.fields, plain, keys) or "") or None,
        index=next((found for found in numbers if found is not None), number_in_id),
        category=_category_of(plain),
        gold=gold_text(at_path(row.fields, keys.gold)) if keys.gold else None,
        prediction=_prediction_of(value, keys.prediction, path, row.place),
        was_number=isinstance(value, int | float) and text_or_number(value) is not None,
        was_null=value is None or is_nan(value),
        scores=scores_of(row.fields),
    )


def _question_of(fields: Mapping[str, Any], plain: Mapping[str, Any], keys: RowKeys) -> str | None:
    if keys.question is not None:
        value = at_path(fields, keys.question)
        return value if isinstance(value, str) else None
    return next((plain[n] for n in QUESTION_KEYS if isinstance(plain.get(n), str)), None)


def _prediction_of(value: Any, key: str, path: Path, place: str) -> str | None:
    text = text_or_number(value)
    if text is None and isinstance(value, list | dict | bool):
        kind = {list: "a list", dict: "an object", bool: "true or false"}[type(value)]
        raise InputError(
            f"{path}: {place}: '{key}' must be a string, not {kind}.",
            "Write the answer as a string, or set `prediction_key` to its key.",
        )
    if text is None or not text.strip():
        return None
    check_length(text, path=path, place=place)
    return text


def _conversation_of(plain: Mapping[str, Any]) -> str | None:
    inner = [plain.get("meta"), plain.get("metadata")]
    places = [plain, *(plain_keys(part) for part in inner if isinstance(part, dict))]
    return next((text for part in places if (text := first_text(part, CONVERSATION_KEYS))), None)


def _category_of(plain: Mapping[str, Any]) -> int | None:
    numbers = (whole_number(plain.get(name)) for name in CATEGORY_KEYS)
    return next((number for number in numbers if number in CATEGORIES), None)


def scores_of(fields: Mapping[str, Any]) -> dict[str, float]:
    """Return the scores that a row has, by their keys."""
    return {
        name: float(value)
        for name, value in fields.items()
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and _METRIC.search(name)
        and abs(value) <= _MOST
    }
