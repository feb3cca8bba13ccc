"""Keeps the ids of retrieved passages, in bounded memory, and none of their texts."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["ids_alone"]

_MOST = 3000
"""The most ids that are kept of one answer: LoCoMo's longest conversation has 689 turns."""

_TURN = re.compile("D[0-9]{1,6}:[0-9]{1,6}")


def ids_alone(passages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return an answer's passages with their turns and sessions alone.

    An id that can't be one of a turn becomes a short one, different for each, so that it takes its
    place in the ranking. Equal ids share memory.
    """
    known: dict[str, str] = {}
    kept: list[dict[str, Any]] = []
    left = _MOST
    for passage in passages[:_MOST]:
        row: dict[str, Any] = {"text": ""}
        if passage.get("turn") is not None:
            row["turn"] = _short(passage["turn"], known)
        for name in ("turns", "sessions"):
            if listed := passage.get(name):
                row[name] = list(_ids(listed[: max(left, 0)], known))
                left -= len(row[name])
        kept.append(row)
    return kept


def _ids(listed: Sequence[Any], known: dict[str, str]) -> Iterator[Any]:
    for each in listed:
        yield _short(each, known) if isinstance(each, str) else each


def _short(turn: str, known: dict[str, str]) -> str:
    """Return an id of a turn itself, and a number for any other text but the empty one."""
    if not turn or _TURN.fullmatch(turn):
        return sys.intern(turn)
    return known.setdefault(turn, sys.intern(f"?{len(known)}"))
