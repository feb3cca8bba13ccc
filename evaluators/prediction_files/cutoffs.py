"""Chooses one of several answers that each row has, such as one for each number of memories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import some

from .fields import shown
from .keys import ANSWER_KEY, GOLD_KEYS, PREDICTION_KEYS, snake
from .raw_rows import RawRow
from .repeats import is_named

__all__ = ["choose_cutoff"]

_ANSWERS = frozenset({*PREDICTION_KEYS, ANSWER_KEY})
_PLURALS = frozenset(
    {*("responses", "predictions", "answers", "hypotheses"), "generated_answers", "model_answers"}
)


def choose_cutoff(
    rows: Sequence[RawRow], cutoff: str | None, *, lists: Sequence[str] = (), path: Path
) -> tuple[list[RawRow], str | None]:
    """Return the rows with the answers of one cutoff at the top level, and the cutoff.

    Rows have several answers if one of their keys holds an object from the name of a cutoff to an
    object with an answer, as in `{"cutoff_results": {"top_50": {"generated_answer": …}, …}}`, or to
    the answer itself, as in `{"responses": {"top_50": "…"}}`, or if several of their keys hold an
    object with an answer, as in `{"rag": {"response": …}, "memory": {"response": …}}`. Other rows
    are returned unchanged.

    Args:
        rows: the rows.
        cutoff: the cutoff that was asked for, if any.
        lists: the names of lists that answer the same questions, of which one was already taken.
        path: the file.

    Raises:
        InputError: there are several cutoffs and none is named, or there is no such cutoff.
    """
    if lists:
        return list(rows), _only_named(list(lists), cutoff, path)
    if any(_has_own_answer(row) for row in rows):
        key, beside = None, []
    else:
        key, beside = _key_of_cutoffs(rows), _keys_of_answers(rows)
    if key is None and beside:
        name = _only_named(beside, cutoff, path)
        return [_with_answer_beside(row, beside, name) for row in rows], name
    if key is None:
        if cutoff is not None:
            raise InputError(
                f"{path}: the rows have one answer each, not one for each cutoff.",
                "Leave `cutoff` out.",
            )
        return list(rows), None
    names = list(dict.fromkeys(name for row in rows for name in _inner(row, key)))
    name = _only_named(names, cutoff, path)
    return [_with_answer(row, key, name) for row in rows], name


def _only_named(names: Sequence[str], cutoff: str | None, path: Path) -> str:
    name = _named(names, cutoff)
    if name is None:
        listed = some([shown(known) for known in names])
        why = (
            f"each question has several answers, for {listed}"
            if cutoff is None
            else f"no row has an answer for the cutoff {shown(cutoff)!r}; there are {listed}"
        )
        raise InputError(
            f"{path}: {why}.", f"Set `cutoff` to one of them, such as {shown(names[0])}."
        )
    return name


def _with_answer(row: RawRow, key: str, name: str) -> RawRow:
    inner = _inner(row, key).get(name)
    outer = {field: value for field, value in row.fields.items() if field != key}
    answer = inner if isinstance(inner, dict) else {"prediction": inner}
    fields = {**outer, **answer}
    return RawRow(place=row.place, key=row.key, fields=fields)


def _with_answer_beside(row: RawRow, beside: Sequence[str], name: str) -> RawRow:
    outer = {field: value for field, value in row.fields.items() if field not in beside}
    return RawRow(place=row.place, key=row.key, fields={**outer, **_inner(row, name)})


def _has_own_answer(row: RawRow) -> bool:
    names = {snake(name) for name, value in row.fields.items() if isinstance(value, str)}
    has_gold = bool(names & {*GOLD_KEYS})
    return bool(names & {*PREDICTION_KEYS}) or (ANSWER_KEY in names and has_gold)


def _key_of_cutoffs(rows: Sequence[RawRow]) -> str | None:
    """Return the key that holds answers by cutoff in most rows."""
    found: Counter[str] = Counter()
    for row in rows:
        found.update(name for name, value in row.fields.items() if _holds_answers(name, value))
    return found.most_common(1)[0][0] if found else None


def _keys_of_answers(rows: Sequence[RawRow]) -> list[str]:
    """Return the keys of objects with an answer, if rows have several."""
    found: dict[str, None] = {}
    several = 0
    for row in rows:
        names = [name for name, value in row.fields.items() if _has_answer(value)]
        found |= dict.fromkeys(names)
        several += len(names) > 1
    return list(found) if 2 * several > len(rows) else []


def _has_answer(value: Any) -> bool:
    return isinstance(value, dict) and any(
        isinstance(inner, str) and snake(name) in PREDICTION_KEYS for name, inner in value.items()
    )


def _holds_answers(key: str, value: Any) -> bool:
    if not isinstance(value, dict) or not value:
        return False
    inner = list(value.values())
    if all(isinstance(each, dict) for each in inner):
        return any(snake(name) in _ANSWERS for each in inner for name in each)
    return snake(key) in _PLURALS and all(isinstance(each, str | None) for each in inner)


def _inner(row: RawRow, key: str) -> dict[str, Any]:
    value = row.fields.get(key)
    return value if isinstance(value, dict) else {}


def _named(names: Sequence[str], cutoff: str | None) -> str | None:
    if cutoff is None:
        return names[0] if len(names) == 1 else None
    if cutoff in names:
        return cutoff
    numbered = [name for name in names if is_named(name, cutoff)]
    return numbered[0] if len(numbered) == 1 else None
