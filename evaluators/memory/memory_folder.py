"""A folder of a teacher's memories: manifest.json, and one JSONL file per conversation.

A row is a memory: its id, its text, the time of its last change in the conversation, and the turns
that it comes from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import canonical_json, read_json, read_jsonl, sha256_file
from locomo_vqa.schemas import validate
from locomo_vqa.system import ShownTurn

from .store import Memory

__all__ = [
    "MANIFEST",
    "TeacherMemories",
    "TurnsHash",
    "memory_row",
    "read_memories",
]

MANIFEST = "manifest.json"

_MAKE = "Make the memories with `locomo-vqa distill duomem`"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherMemories:
    """The memories in a folder."""

    folder: Path
    """The folder."""
    teacher: str
    """The teacher's name."""
    sha256: str
    """The SHA-256 of the manifest, which contains the SHA-256 of every conversation's file."""
    manifest: Mapping[str, Any]
    """The content of manifest.json."""

    def turns_sha256(self, conversation: str) -> str:
        """Return the hash of the turns that the teacher read; see `TurnsHash`.

        Raises:
            InputError: the folder has no memories of this conversation.
        """
        return str(self._find_entry(conversation)["turns_sha256"])

    def of(self, conversation: str) -> list[Memory]:
        """Return the memories of a conversation, in the order in which they were added.

        Raises:
            InputError: the folder has no memories of this conversation, or the file was changed.
        """
        entry = self._find_entry(conversation)
        path = self.folder / f"{conversation}.jsonl"
        rows = read_jsonl(path, what="the teacher's memories")
        if sha256_file(path) != entry["sha256"]:
            raise InputError(
                f"{path}: differs from its description in {MANIFEST}.",
                f"Delete it. {_MAKE} again.",
            )
        return [_read_row(row, path, number) for number, row in rows]

    def _find_entry(self, conversation: str) -> Mapping[str, Any]:
        entry: Mapping[str, Any] | None = self.manifest["conversations"].get(conversation)
        if entry is None:
            raise InputError(
                f"{self.folder}: has no memories of the conversation {conversation}.",
                f"{_MAKE} from the benchmark of this run, or leave out the option memories: the "
                "student then makes its own.",
            )
        return entry


class TurnsHash:
    """A SHA-256 hash of the turns that were read: ids, times, speakers and texts."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, turns: Iterable[ShownTurn]) -> None:
        """Add turns in order."""
        for turn in turns:
            facts = [turn.id, turn.time.isoformat(), turn.speaker, turn.text]
            self._digest.update(f"{canonical_json(facts)}\n".encode())

    def hex(self) -> str:
        """Return the hash of all turns so far."""
        return self._digest.hexdigest()


def read_memories(folder: Path) -> TeacherMemories:
    """Open a folder of memories; a conversation's rows are read on demand.

    Raises:
        InputError: the manifest is missing, or can't be read.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(
            f"{folder}: {MANIFEST} not found, so this is not a folder of memories.", f"{_MAKE}."
        )
    manifest = read_json(path, what="the manifest of the memories")
    validate(manifest, "teacher_memories", path=path, remedy=f"{_MAKE} in another folder.")
    return TeacherMemories(
        folder=folder,
        teacher=manifest["teacher"]["name"],
        sha256=sha256_file(path),
        manifest=manifest,
    )


def memory_row(memory: Memory) -> dict[str, Any]:
    """Return a memory as a row of a conversation's file."""
    return {
        "id": memory.id,
        "text": memory.text,
        "time": memory.time.isoformat(),
        "turns": list(memory.turns),
    }


def _read_row(row: Any, path: Path, number: int) -> Memory:
    place = f"line {number}"
    validate(row, "teacher_memory", path=path, place=place, remedy=f"{_MAKE} again.")
    try:
        time = datetime.fromisoformat(row["time"])
    except ValueError:
        raise InputError(
            f"{path}: {place}: time must be ISO 8601, not {row['time']!r}.", f"{_MAKE} again."
        ) from None
    return Memory(id=row["id"], text=row["text"], time=time, turns=tuple(row["turns"]))
