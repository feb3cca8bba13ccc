"""The memories of one conversation as plain data, and the history of their changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from .text_matching import normalized

__all__ = ["Change", "Memory", "MemoryStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One memory."""

    id: str
    """`m1`, `m2` …, in the order in which memories are added; never reused."""
    text: str
    """A sentence; never empty."""
    time: datetime
    """The time of the last change, in the conversation."""
    turns: tuple[str, ...]
    """The ids of the turns that it comes from, in the order in which they were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change to a memory: one line of the history."""

    event: Literal["ADD", "UPDATE", "DELETE"]
    """The kind of change."""
    id: str
    """The memory's id."""
    text: str | None
    """The text after the change; None for a DELETE."""
    old_text: str | None
    """The text before the change; None for an ADD."""
    time: str
    """The time in the conversation, in ISO 8601."""
    turns: tuple[str, ...]
    """The ids of the turns that caused the change."""


class MemoryStore:
    """Memories by id, in the order in which they were added; only a DELETE removes one.

    `record` is called with the row of each change before it is made, and ids begin with `ids`.
    """

    def __init__(
        self, record: Callable[[dict[str, Any]], None] = lambda row: None, *, ids: str = "m"
    ) -> None:
        self._ids = ids
        self._memories: dict[str, Memory] = {}
        self._normalized: Counter[str] = Counter()
        self._added = 0
        self._record = record

    @property
    def memories(self) -> Mapping[str, Memory]:
        """The current memories."""
        return MappingProxyType(self._memories)

    def has(self, text: str) -> bool:
        """Return whether a memory has this text, ignoring case, spacing and final full stops."""
        return self._normalized[normalized(text)] > 0

    def add(self, text: str, *, time: datetime, turns: tuple[str, ...]) -> Memory:
        """Add a memory under a new id.

        Raises:
            ValueError: the text is empty.
        """
        id = f"{self._ids}{self._added + 1}"
        memory = Memory(id=id, text=_not_empty(text), time=time, turns=turns)
        self._record_change("ADD", memory.id, text, None, time, turns)
        self._added += 1
        self._memories[memory.id] = memory
        self._normalized[normalized(text)] += 1
        return memory

    def update(self, id: str, text: str, *, time: datetime, turns: tuple[str, ...]) -> Memory:
        """Change the text of a memory.

        Raises:
            KeyError: no memory has this id.
            ValueError: the text is empty.
        """
        old = self._memories[id]
        both = tuple(dict.fromkeys((*old.turns, *turns)))
        new = replace(old, text=_not_empty(text), time=time, turns=both)
        self._record_change("UPDATE", id, text, old.text, time, turns)
        self._memories[id] = new
        self._normalized[normalized(old.text)] -= 1
        self._normalized[normalized(text)] += 1
        return new

    def delete(self, id: str, *, time: datetime, turns: tuple[str, ...]) -> None:
        """Remove a memory; the history keeps its text.

        Raises:
            KeyError: no memory has this id.
        """
        old = self._memories[id]
        self._record_change("DELETE", id, None, old.text, time, turns)
        del self._memories[id]
        self._normalized[normalized(old.text)] -= 1

    @classmethod
    def replay(cls, history: Iterable[Mapping[str, Any]]) -> MemoryStore:
        """Return the store that results from a history."""
        store = cls()
        for row in history:
            time, turns = datetime.fromisoformat(row["time"]), tuple(row["turns"])
            if row["event"] == "ADD":
                added = store.add(row["text"], time=time, turns=turns)
                assert added.id == row["id"]
            elif row["event"] == "UPDATE":
                store.update(row["id"], row["text"], time=time, turns=turns)
            else:
                store.delete(row["id"], time=time, turns=turns)
        return store

    def _record_change(
        self,
        event: Literal["ADD", "UPDATE", "DELETE"],
        id: str,
        text: str | None,
        old_text: str | None,
        time: datetime,
        turns: tuple[str, ...],
    ) -> None:
        change = Change(
            event=event, id=id, text=text, old_text=old_text, time=time.isoformat(), turns=turns
        )
        self._record(asdict(change))


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("the text of a memory must not be empty")
    return text
