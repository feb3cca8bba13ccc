"""Repairing LoCoMo's evidence: the turn ids that are said to hold an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

__all__ = ["Evidence", "repair_evidence"]

_SEPARATORS = re.compile(r"[;,\s]+")
_LOOSE_ID = re.compile(r"D:?0*([0-9]{1,6}):0*([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What became of one question's evidence."""

    ids: tuple[str, ...]
    """The turn ids; what could not be repaired stands here as it was."""
    repaired: tuple[str, ...]
    """Entries that were malformed and have one possible meaning."""
    kept: tuple[str, ...]
    """Entries that name no turn of the conversation and were left alone."""


def repair_evidence(entries: Sequence[str], turns: Set[str]) -> Evidence:
    """Rewrite evidence entries to ids in `turns` where that is unambiguous.

    An entry may hold several ids (`D8:6; D9:17`), a stray colon (`D:11:26`) or leading zeros
    (`D30:05`); anything else that names no turn is kept and told.
    """
    ids: list[str] = []
    repaired: list[str] = []
    kept: list[str] = []
    for entry in entries:
        if entry in turns:
            ids.append(entry)
            continue
        parts = [part for part in _SEPARATORS.split(entry) if part] or [entry]
        read = [_read_id(part) for part in parts]
        if all(turn in turns for turn in read):
            ids.extend(read)
            repaired.append(entry)
        else:
            ids.append(entry)
            kept.append(entry)
    return Evidence(tuple(dict.fromkeys(ids)), tuple(repaired), tuple(kept))


def session_of(turn: str) -> int | None:
    """Return the session's number that a turn id names, or None where it names none."""
    match = _LOOSE_ID.fullmatch(turn)
    return int(match[1]) if match else None


def _read_id(part: str) -> str:
    match = _LOOSE_ID.fullmatch(part)
    return f"D{match[1]}:{match[2]}" if match else part
