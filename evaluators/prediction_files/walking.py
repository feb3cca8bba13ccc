"""Finds the rows in a parsed file, however deeply they are nested, and under whatever names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .columns import rows_of_columns
from .fields import first_text, is_row, plain_keys, shown
from .keys import ANSWER_KEY, CONVERSATION_KEYS, ID_KEYS, PREDICTION_KEYS, QUESTION_KEYS, is_generic
from .raw_rows import RawRow
from .repeats import keep_parts

__all__ = ["NotARow", "RowFinder"]

_DEPTH = 12
_MOST_SEEN = 8
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class NotARow:
    """An item in a list of rows that is not an object."""

    place: str
    value: Any


@dataclass(slots=True)
class RowFinder:
    """Walks through parsed JSON and collects rows."""

    keys: Sequence[str] = ()
    """Keys or dotted paths that a row has, if it has none of the usual ones."""
    cutoff: str | None = None
    """Which of several lists of answers to the same questions to take."""
    cutoffs: dict[str, None] = field(default_factory=dict)
    """The names of such lists, in order."""
    seen: list[str] = field(default_factory=list)
    """Descriptions of the lists of objects that were met, for a message."""
    stray: NotARow | None = None
    """The first item among rows that is not an object."""
    nowhere: NotARow | None = None
    """The first item of any list, or the value itself, that is not an object."""

    def rows_in(self, document: Sequence[tuple[str, Any]]) -> list[RawRow]:
        """Return the rows in (place, value) pairs; without any, the objects of a bare list."""
        pairs = list(document)
        if len(pairs) == 1 and isinstance(pairs[0][1], list):
            pairs = [(f"{pairs[0][0]}[{n}]", item) for n, item in enumerate(pairs[0][1])]
        elif len(pairs) == 1:
            return self._walk(pairs[0][1], pairs[0][0], None, _DEPTH)
        found = self._in_pairs(pairs, None, _DEPTH)
        if found or self.nowhere is not None:
            return found
        return [
            RawRow(place=place, key=None, fields=item)
            for place, item in pairs
            if isinstance(item, dict)
        ]

    def _walk(self, value: Any, place: str, key: str | None, depth: int) -> list[RawRow]:
        if depth == 0:
            return []
        if isinstance(value, list):
            pairs = [(f"{place}[{number}]", item) for number, item in enumerate(value)]
            rows = self._in_pairs(pairs, key, depth)
            if not rows:
                self._note_list(place, value)
            return rows
        if not isinstance(value, dict):
            self.nowhere = self.nowhere or NotARow(place, value)
            return []
        if is_row(value, self.keys):
            row = RawRow(place=place, key=key, fields=value)
            return self._rows_below(row, depth) or [row]
        table = rows_of_columns(value)
        if table is not None:
            return [
                RawRow(place=_inside(place, f"row {number}"), key=key, fields=row)
                for number, row in enumerate(table)
            ]
        return self._in_object(value, place, key, depth)

    def _in_pairs(
        self, pairs: Sequence[tuple[str, Any]], key: str | None, depth: int
    ) -> list[RawRow]:
        """Return the rows among a list's items, and in what the items contain.

        Other objects between rows count as rows too: their question or answer is missing.
        """
        found: list[list[RawRow]] = []
        strays: list[NotARow] = []
        strong = weak = False
        for place, item in pairs:
            inner: list[RawRow] = []
            if isinstance(item, dict | list):
                inner = self._walk(item, place, key, depth - 1)
            if inner:
                strong = True
            elif isinstance(item, dict):
                inner, weak = [RawRow(place=place, key=key, fields=item)], True
            elif item != []:
                strays.append(NotARow(place, item))
            found.append(inner)
        if strays and strong:
            self.stray = self.stray or strays[0]
        elif strays and not weak:
            self.nowhere = self.nowhere or strays[0]
        return [row for rows in found for row in rows] if strong else []

    def _rows_below(self, row: RawRow, depth: int) -> list[RawRow]:
        """Return the rows in an object that looks like a row, but is a container of rows.

        Such as a summary with a `query` or a `prediction` of its own beside the list of results.
        """
        plain = plain_keys(row.fields)
        if _asks(plain) and first_text(plain, (*PREDICTION_KEYS, ANSWER_KEY)) is not None:
            return []
        cutoffs = dict(self.cutoffs)
        found = self._in_object(row.fields, row.place, row.key, depth)
        if sum(_asks(plain_keys(inner.fields)) for inner in found) >= _SEVERAL:
            return found
        self.cutoffs = cutoffs
        return []

    def _in_object(
        self, value: Mapping[str, Any], place: str, key: str | None, depth: int
    ) -> list[RawRow]:
        if _is_row_in_parts(value):
            return [RawRow(place=place, key=key, fields=value)]
        plain = plain_keys(value)
        own = first_text(plain, CONVERSATION_KEYS) or key
        parts: list[tuple[str, list[RawRow]]] = []
        named: list[str] = []
        for name, item in value.items():
            if not isinstance(item, list | dict):
                continue
            inside = _inside(place, name)
            below = own if is_generic(name) or own not in (None, key) else name
            if isinstance(item, dict) and is_row(item, self.keys):
                row = RawRow(place=inside, key=own, fields=_with_id(item, name))
                below_row = self._rows_below(row, depth - 1)
                parts.append((name, below_row or [row]))
                named += [] if below_row else [name]
            else:
                parts.append((name, self._walk(item, inside, below, depth - 1)))
        if any(_asks(plain_keys(row.fields)) for _, rows in parts for row in rows):
            parts = [(n, r) for n, r in parts if n not in named or _asks(plain_keys(r[0].fields))]
        kept = keep_parts(parts, self.cutoff, own)
        self.cutoffs.update(dict.fromkeys(kept.names))
        return kept.rows

    def _note_list(self, place: str, value: list[Any]) -> None:
        first = next((item for item in value if isinstance(item, dict)), None)
        if first is not None and len(self.seen) < _MOST_SEEN:
            names = ", ".join(shown(name, 30) for name in list(first)[:6])
            self.seen.append(f"{shown(place) or 'the list'} ({len(value):,} of {{{names}}})")


def _asks(plain: Mapping[str, Any]) -> bool:
    """Return whether an object has a question's text; others may be settings."""
    return any(isinstance(plain.get(name), str) for name in QUESTION_KEYS)


def _is_row_in_parts(value: Mapping[str, Any]) -> bool:
    """Return whether an object is a row whose question and answer are in objects of their own."""
    parts = [set(plain_keys(part)) for part in value.values() if isinstance(part, dict)]
    asked = [part for part in parts if not part.isdisjoint(QUESTION_KEYS)]
    answered = [part for part in parts if not part.isdisjoint(PREDICTION_KEYS)]
    return len(asked) == 1 and len(answered) == 1 and asked[0] is not answered[0]


def _with_id(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a row of a dictionary of rows; its key is its id if it has no other."""
    plain = plain_keys(item)
    return item if any(key in plain for key in ID_KEYS) else {**item, "question_id": name}


def _inside(place: str, name: str) -> str:
    return f"{place}.{shown(name)}".lstrip(".")
