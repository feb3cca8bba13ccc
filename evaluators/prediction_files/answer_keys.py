"""Determines which keys of a file's rows are the prediction, the gold answer and the question."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import some

from .fields import at_path, nested_texts, shown, text_or_number
from .keys import ANSWER_KEY, GOLD_KEYS, PREDICTION_KEYS, QUESTION_KEYS, snake

__all__ = ["NoPredictions", "RowKeys", "choose_keys", "keys_without_answers"]

_MOSTLY = 0.9
_SELDOM = 0.5
_ENOUGH = 20
"""The least number of answers that show whether they are gold answers."""


class NoPredictions(InputError):
    """The rows of a file have no answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowKeys:
    """The keys, or dotted paths, of what the rows of a file contain."""

    prediction: str
    """Where the prediction is; empty for rows of rankings, without answers."""
    gold: str | None
    """Where the file's own gold answers are, if it has any."""
    question: str | None = None
    """Where the question is; None for one of the usual keys."""
    note: str | None = None
    """A sentence on how the keys were chosen, if a reader should know."""


def choose_keys(
    rows: Sequence[Mapping[str, Any]],
    *,
    prediction_key: str | None,
    question_key: str | None,
    golds: Collection[str],
    path: Path,
) -> RowKeys:
    """Return the keys of the prediction, the gold answer and the question.

    `golds` are the benchmark's gold answers: a file with only these as answers has no predictions.

    Raises:
        InputError: no key, or more than one, may be the prediction.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    if question_key is not None and not _has(rows, question_key):
        raise _no_such_key(path, question_key, names, rows)
    question = question_key or _nested_question(rows, names)
    if prediction_key is not None:
        if not _has(rows, prediction_key):
            raise _no_such_key(path, prediction_key, names, rows)
        return _row_keys(prediction_key, names, question)
    sure = _prediction_names(rows, names)
    if len(sure) > 1:
        raise InputError(
            f"{path}: several keys can be the prediction: {_shown_names(sure)}.",
            f"Set `prediction_key` to one of them, such as {shown(sure[0])}.",
        )
    if sure:
        return _row_keys(sure[0], names, question)
    either = next((name for name in names if snake(name) == ANSWER_KEY), None)
    if either is None:
        return _nested_prediction(rows, names, question, path)
    return _keys_with_answer(rows, names, either, question, golds, path)


def keys_without_answers(rows: Sequence[Mapping[str, Any]], question_key: str | None) -> RowKeys:
    """Return the keys of rows that have rankings and no predictions."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return _row_keys("", names, question_key or _nested_question(rows, names))


def _keys_with_answer(
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    either: str,
    question: str | None,
    golds: Collection[str],
    path: Path,
) -> RowKeys:
    """Return the keys if only `answer` can be the prediction: it may be the gold answer."""
    keys = _row_keys(either, names, question)
    share = _gold_share(rows, either, golds)
    if share >= _MOSTLY:
        if _nested_predictions(rows):
            return _nested_prediction(rows, names, question, path)
        raise _no_predictions(path, f"'{either}' contains the benchmark's own gold answers", rows)
    if keys.gold is None and (share >= _SELDOM or len(rows) < _ENOUGH):
        raise InputError(
            f"{path}: '{either}' may be the prediction or the gold answer.",
            f"If it is the prediction, set `prediction_key` to {either}.",
        )
    if keys.gold is not None:
        return keys
    return RowKeys(
        prediction=either,
        gold=None,
        question=question,
        note=f"'{either}' was read as the prediction: it is rarely the benchmark's gold answer.",
    )


def _prediction_names(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """Return the keys that can only be a prediction, without those that never hold a text."""
    sure = [
        name
        for name in names
        if snake(name) in PREDICTION_KEYS or snake(name).endswith("_prediction")
    ]
    if len(sure) < 2:
        return sure
    return [n for n in sure if any(text_or_number(row.get(n)) for row in rows)] or sure


def _row_keys(prediction: str, names: Sequence[str], question: str | None) -> RowKeys:
    plain = {snake(name): name for name in reversed(names)}
    others = (plain[key] for key in (*GOLD_KEYS, ANSWER_KEY) if key in plain)
    gold = next((name for name in others if name != prediction), None)
    return RowKeys(prediction=prediction, gold=gold, question=question)


def _nested_question(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str | None:
    """Return the path of the question if it is in an object within each row."""
    if any(snake(name) in QUESTION_KEYS for name in names):
        return None
    return _only_path(rows, QUESTION_KEYS)


def _nested_prediction(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], question: str | None, path: Path
) -> RowKeys:
    """Return the keys if the prediction is in an object within each row."""
    found = _nested_predictions(rows)
    if len(found) > 1:
        raise InputError(
            f"{path}: several keys can be the prediction: {_shown_names(found)}.",
            f"Set `prediction_key` to one of them, such as {shown(found[0])}.",
        )
    if not found:
        raise _no_predictions(path, f"the rows' keys are {_shown_names(names)}", rows)
    keys = _row_keys(found[0], names, question)
    if keys.gold is not None:
        return keys
    inner = [p for row in rows for p, _ in nested_texts(row)]
    golds = (p for p in dict.fromkeys(inner) if snake(p.rpartition(".")[2]) in GOLD_KEYS)
    return RowKeys(prediction=found[0], gold=next(golds, None), question=question)


def _nested_predictions(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return _paths(rows, PREDICTION_KEYS)


def _only_path(rows: Sequence[Mapping[str, Any]], names: Collection[str]) -> str | None:
    found = _paths(rows, names)
    return found[0] if len(found) == 1 else None


def _paths(rows: Sequence[Mapping[str, Any]], names: Collection[str]) -> list[str]:
    """Return the dotted paths of texts under the given names within the rows."""
    paths: dict[str, None] = {}
    for row in rows:
        for path, _ in nested_texts(row):
            if path not in paths and snake(path.rpartition(".")[2]) in names:
                paths[path] = None
    return list(paths)


def _has(rows: Sequence[Mapping[str, Any]], key: str) -> bool:
    return any(key in row or at_path(row, key) is not None for row in rows)


def _gold_share(rows: Sequence[Mapping[str, Any]], key: str, golds: Collection[str]) -> float:
    texts = [text.strip() for row in rows if (text := text_or_number(row.get(key)))]
    return sum(text in golds for text in texts) / len(texts) if texts else 0.0


def _shown_names(names: Sequence[str]) -> str:
    return some([shown(name) for name in names], most=12)


def _no_such_key(
    path: Path, key: str, names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> InputError:
    known = [*names, *dict.fromkeys(p for row in rows[:20] for p, _ in nested_texts(row))]
    return InputError(
        f"{path}: no row has the key '{shown(key)}'.",
        f"Choose one that the rows have: {_shown_names(known)}.",
    )


def _no_predictions(path: Path, why: str, rows: Sequence[Mapping[str, Any]]) -> NoPredictions:
    inner = list(dict.fromkeys(p for row in rows[:20] for p, _ in nested_texts(row)))
    nested = f"; within them {_shown_names(inner)}" if inner else ""
    return NoPredictions(
        f"{path}: has no predictions: {why}{nested}.",
        "Give the file with the system's answers, or set `prediction_key` to their key.",
    )
