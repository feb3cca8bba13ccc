"""A folder of memories that a teacher made: manifest.json, and a JSONL file a conversation.

A row has what mem0 has of a memory: its id, its text, the conversation's time of its last change,
and the turns that it comes from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import canonical_json, read_json, read_jsonl, sha256_file
from locomo_vqa.schemas import validate
from locomo_vqa.system import ShownTurn

from .pipeline import Pipeline
from .store import Memory

__all__ = [
    "MANIFEST",
    "TeacherMemories",
    "TurnsHash",
    "load_memories",
    "memory_row",
    "read_memories",
]

MANIFEST = "manifest.json"

_MAKE = "Make them with `locomo-vqa distill duomem --only memories`"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherMemories:
    """What a folder of memories holds."""

    folder: Path
    """Where it lies."""
    teacher: str
    """The teacher's name."""
    sha256: str
    """The SHA-256 of the manifest, which has those of the conversations' files."""
    manifest: Mapping[str, Any]
    """The manifest itself."""

    def turns_sha256(self, conversation: str) -> str:
        """Return the hash of the turns that the teacher read; see `TurnsHash`.

        Raises:
            InputError: the folder has no memories of that conversation.
        """
        return str(self._entry(conversation)["turns_sha256"])

    def of(self, conversation: str) -> list[Memory]:
        """Return the memories of a conversation, in the order of adding.

        Raises:
            InputError: the folder has none of that conversation, or they are not what was written.
        """
        entry = self._entry(conversation)
        path = self.folder / f"{conversation}.jsonl"
        rows = read_jsonl(path, what="the teacher's memories")
        if sha256_file(path) != entry["sha256"]:
            raise InputError(
                f"{path}: is not what {MANIFEST} describes.", f"Delete it. {_MAKE} again."
            )
        return [_memory(row, path, number) for number, row in rows]

    def _entry(self, conversation: str) -> Mapping[str, Any]:
        entry: Mapping[str, Any] | None = self.manifest["conversations"].get(conversation)
        if entry is None:
            raise InputError(
                f"{self.folder}: has no teacher's memories of the conversation {conversation}.",
                f"{_MAKE} from the benchmark that is run, or leave --option memories out: the "
                "student then makes its own.",
            )
        return entry


class TurnsHash:
    """One SHA-256 over turns as they are read: ids, times, speakers and words."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, turns: Iterable[ShownTurn]) -> None:
        """Take turns in, in their order."""
        for turn in turns:
            facts = [turn.id, turn.time.isoformat(), turn.speaker, turn.text]
            self._digest.update(f"{canonical_json(facts)}\n".encode())

    def hex(self) -> str:
        """Return the hash of all that was taken in."""
        return self._digest.hexdigest()


def read_memories(folder: Path) -> TeacherMemories:
    """Return what a folder of memories holds; the rows are read when they are asked for.

    Raises:
        InputError: it is no such folder.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(f"{folder}: holds no teacher's memories (no {MANIFEST}).", f"{_MAKE}.")
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


async def load_memories(pipeline: Pipeline, memories: Sequence[Memory]) -> None:
    """Put memories into a pipeline that has none, so that it answers from them.

    Raises:
        ModelError: the embedder gave no vectors.
    """
    if not memories:
        return
    vectors = await pipeline.embed([memory.text for memory in memories])
    for memory, vector in zip(memories, vectors, strict=True):
        kept = pipeline.store.add(memory.text, time=memory.time, turns=memory.turns)
        pipeline.nearest.put(kept.id, vector)


def _memory(row: Any, path: Path, number: int) -> Memory:
    place = f"line {number}"
    validate(row, "teacher_memory", path=path, place=place, remedy=f"{_MAKE} again.")
    try:
        time = datetime.fromisoformat(row["time"])
    except ValueError:
        raise InputError(
            f"{path}: {place}, time: {row['time']!r} is no time.", f"{_MAKE} again."
        ) from None
    return Memory(id=row["id"], text=row["text"], time=time, turns=tuple(row["turns"]))
