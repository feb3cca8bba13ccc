"""Lets a teacher read the conversations of a benchmark, and writes its memories.

Extraction and update are exactly mem0's, with the teacher as the model. Only the text of the turns
is read: no images, captions, or questions.
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
from locomo_vqa.models.chat import ModelError
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.prompts import prompt_hash
from locomo_vqa.schemas import validate

from ..memory import Embedder, MemorySettings, TurnLine, TurnsHash, open_embedder
from ..memory.memory_folder import MANIFEST, memory_row
from ..memory.prompts import turn_as_text
from ..memory.stage_models import RETRY_PROMPT
from ..running.view import ConversationView
from .teacher_pipeline import (
    Teacher,
    TeacherPipeline,
    dataset_identity,
    end_of_teacher,
    settings_without_credentials,
)

__all__ = ["MadeMemories", "make_memories"]

_PACKAGE = "locomo_vqa.evaluators.prompts"
_IDENTITY = ("teacher", "settings", "prompt_sha256", "dataset.revision")
"""The manifest entries that must be equal to continue in a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeMemories:
    """The result of making memories."""

    conversations: int
    """The number of conversations that have memories."""
    memories: int
    """The number of memories in all conversations."""
    failed: Mapping[str, str]
    """Why the other conversations have none, by conversation id."""


async def make_memories(
    benchmark: Benchmark,
    teacher: Teacher,
    settings: MemorySettings,
    folder: Path,
    *,
    progress: ProgressCallback,
) -> MadeMemories:
    """Write the teacher's memories of every conversation that is not in the folder yet.

    A conversation in which some reply could not be read is read again: only that reply is requested
    again. A conversation's file is written when it is complete. A killed process loses no complete
    file; with the teacher's response store, it also loses no reply about the other conversations.

    Raises:
        InputError: an existing manifest can't be read.
        OutputError: the folder has memories made with other settings, or can't be written.
        MissingResource: the teacher's server does not answer.
    """
    manifest = _open_folder(folder, _describe(benchmark, teacher, settings))
    pending = [c for c in benchmark.conversations if not _is_complete(folder, manifest, c.id)]
    total = len(benchmark.conversations)
    failed: dict[str, str] = {}
    embedder = open_embedder(settings.embedder)

    async def read(conversation: Conversation) -> Mapping[str, Any] | ModelError:
        try:
            return await _read(benchmark, conversation, teacher, settings, folder, embedder)
        except ModelError as error:
            if ended := end_of_teacher(error):
                raise ended from None
            return error

    progress("memories", total - len(pending), total)
    finished = gather_bounded(pending, read, at_once=teacher.model.in_flight)
    try:
        async for conversation, entry in finished:
            if isinstance(entry, ModelError):
                failed[conversation.id] = str(entry)
            else:
                manifest["conversations"][conversation.id] = entry
                _write_manifest(folder, manifest, benchmark.conversations)
            progress("memories", len(manifest["conversations"]) + len(failed), total)
    finally:
        await embedder.close()
    entries = manifest["conversations"].values()
    memories = sum(entry["memories"] for entry in entries)
    return MadeMemories(conversations=len(entries), memories=memories, failed=failed)


async def _read(
    benchmark: Benchmark,
    conversation: Conversation,
    teacher: Teacher,
    settings: MemorySettings,
    folder: Path,
    embedder: Embedder,
) -> Mapping[str, Any]:
    """Write the memories of one conversation, and return its entry for the manifest."""
    made, turns_hash, turns = TeacherPipeline(teacher, settings, embedder), TurnsHash(), 0
    for session in ConversationView(benchmark, conversation, "none").sessions():
        turns_hash.add(session)
        turns += len(session)
        lines = [
            TurnLine(turn=turn.id, text=turn_as_text(turn.speaker, turn.text)) for turn in session
        ]
        if lines:
            await made.pipeline.read(lines, session[0].time)
    memories = made.pipeline.store.memories.values()
    path = folder / f"{conversation.id}.jsonl"
    write_jsonl(path, [memory_row(memory) for memory in memories])
    return {
        "memories": len(memories),
        "sha256": sha256_file(path),
        "turns": turns,
        "turns_sha256": turns_hash.hex(),
        "stages": dict(made.usage.to_json()),
        "anomalies": dict(made.anomalies.nonzero()),
        **({"unreadable": made.models.unreadable} if made.models.unreadable else {}),
        "kept": {
            "facts": made.pipeline.updater.facts_kept,
            "windows": made.pipeline.windows_kept,
        },
    }


def _describe(benchmark: Benchmark, teacher: Teacher, settings: MemorySettings) -> dict[str, Any]:
    form = settings.prompts
    names = (f"mem0_extract_{form}_v1", f"mem0_update_{form}_v1", RETRY_PROMPT)
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


def _open_folder(folder: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of the folder; create both if they do not exist."""
    path = folder / MANIFEST
    if path.exists():
        there: dict[str, Any] = read_json(path, what="the manifest of the memories")
        validate(there, "teacher_memories", path=path, remedy="Choose another `out`.")
        for name in _IDENTITY:
            before, now = _value_at(there, name), _value_at(wanted, name)
            if before != now:
                raise OutputError(
                    f"{folder}: these memories were made with other arguments ({name}: "
                    f"{before!r}, not {now!r}).",
                    "Choose another `out`, or repeat the call with the same arguments.",
                )
        return there
    if folder.exists() and (not folder.is_dir() or any(folder.glob("*.jsonl"))):
        raise OutputError(f"{folder}: is not a folder of memories.", "Choose another `out`.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: can't be created ({error.strerror}).", "Choose another `out`."
        ) from None
    write_json(path, wanted)
    return wanted


def _is_complete(folder: Path, manifest: Mapping[str, Any], conversation: str) -> bool:
    entry = manifest["conversations"].get(conversation)
    path = folder / f"{conversation}.jsonl"
    if entry is None or entry.get("unreadable"):
        return False
    return path.is_file() and sha256_file(path) == entry["sha256"]


def _write_manifest(
    folder: Path, manifest: dict[str, Any], conversations: Sequence[Conversation]
) -> None:
    entries = manifest["conversations"]
    ordered = {c.id: entries[c.id] for c in conversations if c.id in entries}
    write_json(folder / MANIFEST, {**manifest, "conversations": ordered})


def _value_at(value: Any, name: str) -> Any:
    for step in name.split("."):
        value = value[step]
    return value
