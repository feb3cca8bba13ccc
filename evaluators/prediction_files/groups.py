"""Assigns rows to conversations, by their texts; the file's key is only a hint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .questions import Questions, gold_fits
from .rows import SourceRow

__all__ = ["Group", "assign", "group_rows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The rows with the same conversation name in the file."""

    key: str | None
    """The name; None for rows without one."""
    rows: Sequence[SourceRow]
    """The rows, in the file's order."""


def group_rows(rows: Sequence[SourceRow]) -> list[Group]:
    """Group rows by the file's name for their conversation."""
    grouped: dict[str | None, list[SourceRow]] = {}
    for row in rows:
        grouped.setdefault(row.conversation, []).append(row)
    return [Group(key=key, rows=members) for key, members in grouped.items()]


def assign(group: Group, questions: Questions) -> list[tuple[SourceRow, str | None]]:
    """Return each row with its conversation; None if its text matches none or several.

    If the group has a key, all rows go to the conversation that matches at least half of the rows
    that match any. Otherwise, and without a key, each row is assigned separately.
    """
    holders = [questions.holders.get(row.question or "", ()) for row in group.rows]
    votes = Counter(name for names in holders for name in names)
    best = _most_voted(votes, group, questions)
    known = sum(bool(names) for names in holders)
    if group.key is not None and best is not None and 2 * votes[best] >= known:
        return [(row, best) for row in group.rows]
    pairs: list[tuple[SourceRow, str | None]] = []
    current = best
    for row, names in zip(group.rows, holders, strict=True):
        if len(names) == 1:
            (current,) = names
        pairs.append((row, next((name for name in (current, best) if name in names), None)))
    return pairs


def _most_voted(votes: Counter[str], group: Group, questions: Questions) -> str | None:
    """Return the conversation with the most texts; gold answers, then the key, break ties."""
    top = [name for name, number in votes.items() if number == max(votes.values())]
    if len(top) > 1:
        golds = {name: _gold_votes(name, group, questions) for name in top}
        top = [name for name in top if golds[name] == max(golds.values())]
    hint = questions.hint(group.key)
    if len(top) == 1 or hint in top:
        return top[0] if len(top) == 1 else hint
    return None


def _gold_votes(name: str, group: Group, questions: Questions) -> int:
    by_text = questions.conversations[name].by_text
    return sum(
        any(gold_fits(row, question) for question in by_text.get(row.question or "", ()))
        for row in group.rows
    )
