"""What a memory system's own record says: every change of its memories, facts, and images.

The files are those that `mem0`, `memlora` and `duomem` leave in a run's work folder: memory.jsonl,
facts.jsonl and images.jsonl. They are read as data that anybody could have written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, read_jsonl

from ..memory.prompts import said_at

__all__ = ["Kept", "MemoryRecord", "Version", "read_record"]

_EVENTS = ("ADD", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A text that a memory had at some time."""

    memory: str
    """The memory's id."""
    text: str
    """The text."""
    turns: frozenset[str]
    """All turns that it came from so far."""
    ended: str | None = None
    """What ended it: `UPDATE` or `DELETE`; None for the text at the end."""
    ended_by: tuple[str, ...] = ()
    """The turns whose reading ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The facts that were extracted from some turns."""

    turns: frozenset[str]
    """The turns that were read together."""
    facts: tuple[str, ...]
    """The facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRecord:
    """The record of one conversation."""

    versions: tuple[Version, ...]
    """Every text of every memory; those at the end have not ended."""
    facts: tuple[Kept, ...] | None
    """What was extracted; None without a record of it, such as of memories from elsewhere."""
    images: frozenset[str] | None
    """The turns whose images are remembered; None if the system doesn't record images."""
    current: Sequence[Version] = field(init=False)
    """The memories at the end."""

    def __post_init__(self) -> None:
        ended = tuple(version for version in self.versions if version.ended is None)
        object.__setattr__(self, "current", ended)


def read_record(folder: Path) -> MemoryRecord | str | None:
    """Return the record in a conversation's work folder.

    None if the system keeps none; a sentence about what is wrong if it can't be read.
    """
    path = folder / "memory.jsonl"
    if not path.is_file():
        return None
    try:
        rows = [row for _, row in read_jsonl(path, what="the memory's history")]
        versions = _replay(rows, timed=_shows_times(folder / "stages.json"))
        return MemoryRecord(
            versions=versions,
            facts=_read_facts(folder / "facts.jsonl") or None,
            images=_read_images(folder / "images.jsonl"),
        )
    except InputError:
        return "the record of the memory can't be read"
    except (KeyError, TypeError, ValueError):
        return "the record of the memory is not consistent"


def _replay(rows: Sequence[Any], *, timed: bool) -> tuple[Version, ...]:
    """Return every text of every memory; with `timed`, behind its time, as the system showed it.

    Raises:
        KeyError, TypeError, ValueError: a row is not a change that `MemoryStore` could have made.
    """
    now: dict[str, Version] = {}
    ended: list[Version] = []
    for row in rows:
        event, name, turns = row["event"], row["id"], tuple(row["turns"])
        if event not in _EVENTS or not isinstance(name, str) or (event == "ADD") == (name in now):
            raise ValueError(event)
        before = frozenset[str]()
        if event != "ADD":
            old = now.pop(name)
            before = old.turns
            ended.append(
                Version(memory=name, text=old.text, turns=old.turns, ended=event, ended_by=turns)
            )
        if event != "DELETE":
            if not isinstance(row["text"], str):
                raise TypeError(name)
            time = f"{said_at(datetime.fromisoformat(row['time']))}: " if timed else ""
            now[name] = Version(memory=name, text=time + row["text"], turns=before | set(turns))
    return (*ended, *now.values())


def _shows_times(path: Path) -> bool:
    """Return whether memories were shown with their time, by the system's settings."""
    if not path.is_file():
        return False
    stages = read_json(path, what="the stages")
    settings = stages.get("settings") if isinstance(stages, dict) else None
    return isinstance(settings, dict) and settings.get("timed_memories") is True


def _read_facts(path: Path) -> tuple[Kept, ...] | None:
    if not path.is_file():
        return None
    rows: list[Mapping[str, Any]] = [row for _, row in read_jsonl(path, what="the facts")]
    return tuple(
        Kept(turns=frozenset(row["turns"]), facts=tuple(str(fact) for fact in row["facts"]))
        for row in rows
    )


def _read_images(path: Path) -> frozenset[str] | None:
    if not path.is_file():
        return None
    return frozenset(str(row["turn"]) for _, row in read_jsonl(path, what="the list of images"))
