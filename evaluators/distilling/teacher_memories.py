"""Has a teacher read a benchmark's conversations, and writes the memories that it makes of them.

Extraction and update are mem0's, word for word; what differs is the model. Only what was said is
read: no picture, no caption, no question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark, Conversation
from locomo_vqa.errors import OutputError
from locomo_vqa.files import read_json, sha256_file, write_json, write_jsonl
from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ModelError, ModelUnreachable
from locomo_vqa.prompts import prompt_hash
from locomo_vqa.schemas import validate

from ..memory.embedding import Embedder
from ..memory.memory_folder import MANIFEST, TurnsHash, memory_row
from ..memory.pipeline import TurnLine
from ..memory.prompts import turn_as_text
from ..memory.settings import MemorySettings
from ..memory.stage_models import AGAIN
from ..running.view import ConversationView
from ..systems.mem0 import open_embedder
from .teacher_pipeline import (
    Teacher,
    TeacherPipeline,
    Tick,
    dataset_identity,
    settings_without_credentials,
    teacher_unreachable,
)

__all__ = ["MadeMemories", "make_memories"]

_PACKAGE = "locomo_vqa.evaluators.prompts"
_IDENTITY = ("teacher", "settings", "prompt_sha256", "dataset.revision")
"""What must be equal for a folder to be continued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeMemories:
    """How it went."""

    done: int
    """Conversations whose memories are there."""
    memories: int
    """How many memories these are."""
    failed: Mapping[str, str]
    """The other conversations, each with the reason."""


async def make_memories(
    benchmark: Benchmark, teacher: Teacher, settings: MemorySettings, folder: Path, *, tick: Tick
) -> MadeMemories:
    """Write the teacher's memories of every conversation, those left out that are there already.

    A conversation's file is written whole when it is finished; a process that is killed loses no
    finished one, and through the teacher's response store no finished reply of the others.

    Raises:
        InputError: a manifest that is there can't be read.
        OutputError: the folder holds another teacher's memories, or can't be written.
        MissingResource: nobody answers at the teacher's address.
    """
    manifest = _open(folder, _describe(benchmark, teacher, settings))
    pending = [c for c in benchmark.conversations if not _is_there(folder, manifest, c.id)]
    total = len(benchmark.conversations)
    failed: dict[str, str] = {}
    embedder = open_embedder(settings)

    async def read(conversation: Conversation) -> Mapping[str, Any] | ModelError:
        try:
            return await _read(benchmark, conversation, teacher, settings, folder, embedder)
        except ModelUnreachable as error:
            raise teacher_unreachable(error) from None
        except ModelError as error:
            return error

    tick("memories", total - len(pending), total)
    finished = gather_bounded(pending, read, at_once=teacher.model.in_flight)
    try:
        async for conversation, entry in finished:
            if isinstance(entry, ModelError):
                failed[conversation.id] = str(entry)
            else:
                manifest["conversations"][conversation.id] = entry
                _write(folder, manifest, benchmark.conversations)
            tick("memories", len(manifest["conversations"]) + len(failed), total)
    finally:
        await embedder.close()
    entries = manifest["conversations"].values()
    memories = sum(entry["memories"] for entry in entries)
    return MadeMemories(done=len(entries), memories=memories, failed=failed)


async def _read(
    benchmark: Benchmark,
    conversation: Conversation,
    teacher: Teacher,
    settings: MemorySettings,
    folder: Path,
    embedder: Embedder,
) -> Mapping[str, Any]:
    """Write the memories of one conversation, and return its entry of the manifest."""
    teaching, turns_hash, turns = TeacherPipeline(teacher, settings, embedder), TurnsHash(), 0
    for session in ConversationView(benchmark, conversation, "none").sessions():
        turns_hash.add(session)
        turns += len(session)
        lines = [
            TurnLine(turn=turn.id, text=turn_as_text(turn.speaker, turn.text)) for turn in session
        ]
        if lines:
            await teaching.pipeline.read(lines, session[0].time)
    memories = teaching.pipeline.store.memories.values()
    path = folder / f"{conversation.id}.jsonl"
    write_jsonl(path, [memory_row(memory) for memory in memories])
    return {
        "memories": len(memories),
        "sha256": sha256_file(path),
        "turns": turns,
        "turns_sha256": turns_hash.hex(),
        "stages": dict(teaching.counts.to_json()),
        "anomalies": dict(teaching.anomalies.met()),
        "kept": {
            "facts": teaching.pipeline.updater.facts_kept,
            "windows": teaching.pipeline.windows_kept,
        },
    }


def _describe(benchmark: Benchmark, teacher: Teacher, settings: MemorySettings) -> dict[str, Any]:
    form = settings.prompts
    names = (f"mem0_extract_{form}_v1", f"mem0_update_{form}_v1", AGAIN)
    kept = ("prompts", "window", "update_k", "tries", "reply_tokens", "embedder")
    return {
        "schema_version": 1,
        "kind": "teacher_memories",
        "teacher": teacher.to_json(),
        "dataset": dict(dataset_identity(benchmark)),
        "settings": {name: settings_without_credentials(settings)[name] for name in kept},
        "prompt_sha256": prompt_hash(*((_PACKAGE, name) for name in names)),
        "conversations": {},
    }


def _open(folder: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of the folder, made where there is none yet."""
    path = folder / MANIFEST
    if path.exists():
        there: dict[str, Any] = read_json(path, what="the manifest of the memories")
        validate(there, "teacher_memories", path=path, remedy="Choose another --out.")
        for name in _IDENTITY:
            was, now = _at(there, name), _at(wanted, name)
            if was != now:
                raise OutputError(
                    f"{folder}: holds memories that were made otherwise: their {name} is {was!r}, "
                    f"not {now!r}.",
                    "Choose another --out, or give the command as it was.",
                )
        return there
    if folder.exists() and (not folder.is_dir() or any(folder.glob("*.jsonl"))):
        raise OutputError(f"{folder}: is no folder of memories.", "Choose another --out.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: can't be made ({error.strerror}).", "Choose another --out."
        ) from None
    write_json(path, wanted)
    return wanted


def _is_there(folder: Path, manifest: Mapping[str, Any], conversation: str) -> bool:
    entry = manifest["conversations"].get(conversation)
    path = folder / f"{conversation}.jsonl"
    return entry is not None and path.is_file() and sha256_file(path) == entry["sha256"]


def _write(folder: Path, manifest: dict[str, Any], conversations: Sequence[Conversation]) -> None:
    there = manifest["conversations"]
    ordered = {c.id: there[c.id] for c in conversations if c.id in there}
    write_json(folder / MANIFEST, {**manifest, "conversations": ordered})


def _at(value: Any, name: str) -> Any:
    for step in name.split("."):
        value = value[step]
    return value
