"""Turns a table written by columns, as pandas writes data frames, into rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .keys import ID_KEYS, PREDICTION_KEYS, QUESTION_KEYS, snake

__all__ = ["rows_of_columns"]

_TELLING = frozenset({*QUESTION_KEYS, *PREDICTION_KEYS, *ID_KEYS[:3]})


def rows_of_columns(value: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the rows of a table by columns; None if the object is not one.

    Three forms are known: `{"question": {"0": …, "1": …}}` (pandas' default), `{"question": […]}`
    (orient="list"), and `{"columns": […], "data": [[…]]}` (orient="split").
    """
    columns, data = value.get("columns"), value.get("data")
    if isinstance(columns, list) and isinstance(data, list):
        return _of_split(columns, data)
    telling = [column for name, column in value.items() if snake(name) in _TELLING]
    if telling and all(map(_is_column_object, telling)):
        return _of_objects({n: c for n, c in value.items() if isinstance(c, dict)})
    if telling and all(map(_is_column_list, telling)):
        sizes = {len(column) for column in telling}
        if len(sizes) == 1:
            size = sizes.pop()
            same = {n: c for n, c in value.items() if isinstance(c, list) and len(c) == size}
            return [dict(zip(same, row, strict=True)) for row in zip(*same.values(), strict=True)]
    return None


def _of_split(columns: list[Any], data: list[Any]) -> list[dict[str, Any]] | None:
    names = [name for name in columns if isinstance(name, str)]
    if len(names) < len(columns) or not any(snake(name) in _TELLING for name in names):
        return None
    if not all(isinstance(row, list) and len(row) == len(names) for row in data):
        return None
    return [dict(zip(names, row, strict=True)) for row in data]


def _of_objects(columns: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    labels = dict.fromkeys(label for column in columns.values() for label in column)
    rows: dict[str, dict[str, Any]] = {label: {} for label in labels}
    for name, column in columns.items():
        for label, cell in column.items():
            rows[label][name] = cell
    return list(rows.values())


def _is_column_object(column: Any) -> bool:
    """Return whether a value is a column as an object from row label to cell."""
    if not isinstance(column, dict) or not column:
        return False
    digits = all(label.isdecimal() for label in column)
    return digits and not any(isinstance(cell, dict | list) for cell in column.values())


def _is_column_list(column: Any) -> bool:
    if not isinstance(column, list) or not column:
        return False
    return not any(isinstance(cell, dict | list) for cell in column)
