"""Sorts the lists within an object: parts, excerpts, and other answers to the same questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .fields import first_text, plain_keys
from .keys import ANSWER_KEY, ID_KEYS, PREDICTION_KEYS, QUESTION_KEYS
from .raw_rows import RawRow

__all__ = ["KeptRows", "is_named", "keep_parts"]

_ENOUGH = 3
"""The least number of questions that must be answered otherwise in another list."""

_Question = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class KeptRows:
    """The rows of an object's lists."""

    rows: list[RawRow]
    names: tuple[str, ...] = ()
    """The names of lists that answer the same questions in other ways; empty if none do."""


def keep_parts(
    parts: Sequence[tuple[str, list[RawRow]]], cutoff: str | None, key: str | None
) -> KeptRows:
    """Return the rows of an object's lists, each answer once.

    A list whose rows another list has too is an excerpt, such as the failures or the worst rows,
    and is left out. Lists with other answers to the same questions, such as those of several modes,
    are alternatives: of these, the one named by `cutoff` is kept, or the first. Its name is not a
    conversation's; the object's own `key` may be.
    """
    filled = [(name, rows) for name, rows in parts if rows]
    if len(filled) < 2:
        return KeptRows([row for _, rows in filled for row in rows])
    known: dict[_Question, tuple[str, str | None]] = {}
    kept: dict[str, list[RawRow]] = {}
    rivals: dict[str, None] = {}
    for name, rows in sorted(filled, key=lambda part: -len(part[1])):
        answers = {_question_of(row.fields): _answer_of(row.fields) for row in rows}
        met = {question: known[question] for question in answers if question in known}
        other = [
            holder
            for question, (holder, answer) in met.items()
            if None not in (answer, answers[question]) and answer != answers[question]
        ]
        if len(other) >= max(_ENOUGH, len(answers) / 2):
            rivals |= dict.fromkeys([*other, name])
        elif len(met) == len(answers) and not other:
            continue
        known |= {q: (name, answer) for q, answer in answers.items() if q not in known}
        kept[name] = rows
    names = tuple(name for name, _ in filled if name in rivals)
    chosen = next((name for name in names if is_named(name, cutoff)), names[0] if names else None)
    return KeptRows(
        [
            replace(row, key=key) if name == chosen and row.key == name else row
            for name, _ in filled
            if name == chosen or name not in rivals
            for row in kept.get(name, ())
        ],
        names,
    )


def is_named(name: str, cutoff: str | None) -> bool:
    """Return whether a name is that of a cutoff, or ends in it: 50 stands for top_50."""
    return cutoff is not None and cutoff in (name, name.rpartition("_")[2])


def _question_of(fields: Mapping[str, Any]) -> _Question:
    plain = plain_keys(fields)
    return first_text(plain, QUESTION_KEYS), first_text(plain, ID_KEYS)


def _answer_of(fields: Mapping[str, Any]) -> str | None:
    return first_text(plain_keys(fields), (*PREDICTION_KEYS, ANSWER_KEY))
