"""Finds the rows in a parsed predictions file of any layout.

The names of files and projects don't matter: lists contain rows, a few known keys wrap them, and in
a dict of lists, each key is a conversation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from locomo_vqa.errors import InputError

from .fields import CONVERSATION_KEYS, first_text, is_row, shown

__all__ = ["FILE_LAYOUTS", "FileLayout", "RawRow", "find_rows"]

FileLayout = Literal["ours", "longmemeval", "mem0", "zep", "evermemos", "locomo", "rows"]
"""The layout of a predictions file:

ours          JSON Lines as in a run folder's predictions.jsonl
longmemeval   rows of `question_id` and `hypothesis`
mem0          a dict from conversation to its rows, as Mem0's evaluation writes it
zep           the same, with the prediction in `answer` and the gold answer beside it
evermemos     the same under `detailed_results`
locomo        LoCoMo's own: conversations with their questions in `qa`
rows          rows in any other arrangement: a bare list, under a key, or one per line
"""
FILE_LAYOUTS: tuple[FileLayout, ...] = get_args(FileLayout)

_WRAPPERS = (
    "detailed_results",
    "individual_results",
    "per_question",
    "responses",
    "results",
    "predictions",
    "rows",
    "qa",
    "by_type",
)
"""Keys known to contain the rows, next to a summary. If there are several, the first is read,
because the others repeat it."""

_DEPTH = 6
_REMEDY = "Give a file in one of the layouts that docs/formats.md describes."


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """A row with its original keys."""

    place: str
    """The row's place in the file, for messages."""
    key: str | None
    """The file's name for the row's conversation; None if it has none."""
    fields: Mapping[str, Any]
    """The row's keys and values."""


def find_rows(
    document: Sequence[tuple[str, Any]], *, path: Path
) -> tuple[FileLayout, list[RawRow]]:
    """Return the layout and the rows in the result of `read_document`.

    Raises:
        InputError: there are no rows, or an item is not a row.
    """
    rows = [
        row for place, value in document for row in _walk_rows(value, place, None, path, _DEPTH)
    ]
    if not rows:
        raise InputError(f"{path}: has no rows of predictions.", _REMEDY)
    if any("hypothesis" in row.fields and "question_id" in row.fields for row in rows):
        return "longmemeval", rows
    return _layout(document[0][1]), rows


def _layout(value: Any) -> FileLayout:
    """Return the layout of the outermost value."""
    if isinstance(value, list):
        inner = any(isinstance(item, dict) and isinstance(item.get("qa"), list) for item in value)
        return "locomo" if inner else "rows"
    if isinstance(value.get("detailed_results"), dict):
        return "evermemos"
    flat = (
        is_row(value)
        or _wrapping_key(value)
        or not any(isinstance(v, list) for v in value.values())
    )
    return "rows" if flat else "mem0"


def _walk_rows(value: Any, place: str, key: str | None, path: Path, depth: int) -> Iterator[RawRow]:
    if depth == 0:
        return
    if isinstance(value, list):
        for number, item in enumerate(value):
            where = f"{place}[{number}]"
            if isinstance(item, dict) and not _is_wrapper(item):
                yield RawRow(place=where, key=key, fields=item)
            else:
                yield from _walk_object(item, where, key, path, depth)
    else:
        yield from _walk_object(value, place, key, path, depth)


def _walk_object(
    value: Any, place: str, key: str | None, path: Path, depth: int
) -> Iterator[RawRow]:
    if not isinstance(value, dict):
        raise _no_object(path, place, value)
    if is_row(value):
        yield RawRow(place=place, key=key, fields=value)
    elif wrapper := _wrapping_key(value):
        inner = first_text(value, CONVERSATION_KEYS) or key
        yield from _walk_rows(value[wrapper], _place_inside(place, wrapper), inner, path, depth - 1)
    else:
        for name, item in value.items():
            if isinstance(item, list) or (isinstance(item, dict) and _is_wrapper(item)):
                yield from _walk_rows(item, _place_inside(place, name), name, path, depth - 1)
            elif isinstance(item, dict) and is_row(item):
                yield RawRow(place=_place_inside(place, name), key=None, fields=item)


def _is_wrapper(value: Mapping[str, Any]) -> bool:
    return not is_row(value) and _wrapping_key(value) is not None


def _wrapping_key(value: Mapping[str, Any]) -> str | None:
    filled = (name for name in _WRAPPERS if isinstance(value.get(name), list | dict))
    return next(filled, None)


def _place_inside(place: str, name: str) -> str:
    return f"{place}.{shown(name)}".lstrip(".")


def _no_object(path: Path, place: str, value: Any) -> InputError:
    kinds = {"NoneType": "null", "str": "a string", "list": "a list", "bool": "true or false"}
    kind = kinds.get(type(value).__name__, "a number")
    where = f"{path}: {place}" if place else f"{path}"
    return InputError(f"{where}: a row must be a JSON object, not {kind}.", _REMEDY)
