"""Repairs LoCoMo's evidence: the ids of the turns with an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

__all__ = ["RepairedEvidence", "repair_evidence"]

_SEPARATORS = re.compile(r"[;,\s]+")
_LOOSE_ID = re.compile(r"D:?0*([0-9]{1,6}):0*([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class RepairedEvidence:
    """One question's evidence after repair."""

    ids: tuple[str, ...]
    """The turn ids, with the entries of `kept` unchanged."""
    repaired: tuple[str, ...]
    """Malformed entries with one possible meaning."""
    kept: tuple[str, ...]
    """Entries that don't name a turn of the conversation."""


def repair_evidence(entries: Sequence[str], turns: Set[str]) -> RepairedEvidence:
    """Convert evidence entries to ids in `turns` if that is unambiguous.

    An entry may hold several ids (`D8:6; D9:17`), a stray colon (`D:11:26`) or leading zeros
    (`D30:05`). Any other entry that names no turn is kept and reported.
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
    return RepairedEvidence(tuple(dict.fromkeys(ids)), tuple(repaired), tuple(kept))


def session_of(turn: str) -> int | None:
    """Return the number of the session that a turn id names, or None."""
    match = _LOOSE_ID.fullmatch(turn)
    return int(match[1]) if match else None


def _read_id(part: str) -> str:
    match = _LOOSE_ID.fullmatch(part)
    return f"D{match[1]}:{match[2]}" if match else part
