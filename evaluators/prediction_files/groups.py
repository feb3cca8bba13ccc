"""Assigns rows to conversations by their own texts; everything else only breaks ties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .questions import Questions, gold_fits
from .rows import SourceRow

__all__ = ["Group", "assign", "group_rows"]

_SAME = 0.9
"""A name in the file stands for a conversation if this share of its certain rows agree."""


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
    """Return each row with its conversation; None if its text is in none, or it is undecided.

    A text that only one conversation has decides alone. Where several have it, these break the
    tie, in this order: the conversation of the group's other rows if they agree, the row's gold
    answer, the group's key, and the rows before and after.
    """
    holders = [tuple(questions.holders.get(row.question or "", ())) for row in group.rows]
    votes = Counter(names[0] for names in holders if len(names) == 1)
    common = votes.most_common(1)
    agreed = common[0][0] if common and common[0][1] >= _SAME * votes.total() else None
    following = _next_certain(holders)
    pairs: list[tuple[SourceRow, str | None]] = []
    before: str | None = None
    for row, names, after in zip(group.rows, holders, following, strict=True):
        if len(names) > 1:
            hint = questions.hint(group.key)
            by_gold = _only_fitting(row, names, questions)
            ties = (by_gold if agreed is None else None, agreed, by_gold, hint, before, after)
            found = next((name for name in ties if name in names), None)
        else:
            found = names[0] if names else None
        before = found or before
        pairs.append((row, found))
    return pairs


def _only_fitting(row: SourceRow, names: Collection[str], questions: Questions) -> str | None:
    """Return the conversation whose gold answer the row has, if only one's is it."""
    fitting = [
        name
        for name in names
        if any(
            gold_fits(row, question)
            for question in questions.conversations[name].by_text.get(row.question or "", ())
        )
    ]
    return fitting[0] if len(fitting) == 1 else None


def _next_certain(holders: Sequence[Sequence[str]]) -> list[str | None]:
    """Return, for each row, the conversation of the next row that only one conversation has."""
    following: list[str | None] = []
    after: str | None = None
    for names in reversed(holders):
        following.append(after)
        after = names[0] if len(names) == 1 else after
    return following[::-1]
