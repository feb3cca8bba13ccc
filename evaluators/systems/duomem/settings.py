"""What can be set with `--option`: the two spaces, and what mem0 has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.models.expert_fit import check_fit, check_peft
from locomo_vqa.models.experts import Expert, find_experts
from locomo_vqa.models.names import parse_name

from ...memory.memory_folder import TeacherMemories, read_memories
from ...memory.settings import OPTIONS as MEM0_OPTIONS
from ...memory.settings import MemorySettings
from ...memory.student import student_base

__all__ = ["OPTIONS", "named_adapter", "named_memories", "pin_spaces", "read_settings"]

_MEMORIES, _MEMORIES_HASH, _TEACHER = "memories", "memories_sha256", "teacher"
_ADAPTER, _ADAPTER_HASH = "adapter", "adapter_sha256"
_PINNED = {_MEMORIES_HASH: _MEMORIES, _TEACHER: _MEMORIES, _ADAPTER_HASH: _ADAPTER}

OPTIONS: Mapping[str, str] = {
    _MEMORIES: "context space: the folder of the teacher's memories; the student makes its own",
    _MEMORIES_HASH: "the SHA-256 that they must have; what they have, and recorded so",
    _TEACHER: "who must have made them; who made them, and recorded so",
    _ADAPTER: "parameter space: the folder of the LoRA adapter for answers; none",
    _ADAPTER_HASH: "the SHA-256 that it must have; what it has, and recorded so",
    **{name: words for name, words in MEM0_OPTIONS.items() if name not in ("vision", "pictures")},
    "prompts": "long, or reduced; reduced",
    "reply_tokens": "the longest reply of extraction and update; 512, but 200 for embedded models",
}
"""Every option, with its values and its default."""

EXPERT = "generation"
"""The stage that the adapter is for, as MemLoRA's experts are called."""


def read_settings(options: Mapping[str, str], model: str | None) -> MemorySettings:
    """Return how the stages run.

    The prompts are the reduced ones, with and without the two spaces: what is compared is asked in
    the same words, and these are what an adapter is trained on.

    Raises:
        InputError: an option is unknown, or has no value that makes sense.
    """
    for name in options:
        if name not in OPTIONS:
            raise InputError(
                f"--option {name}: duomem has no such option.", f"It has {', '.join(OPTIONS)}."
            )
    for pinned, space in _PINNED.items():
        if pinned in options and space not in options:
            raise InputError(
                f"--option {pinned}: there is no --option {space} that it could belong to.",
                f"Add --option {space}=FOLDER, or leave {pinned} out.",
            )
    defaults = {"prompts": "reduced"}
    if model is not None and parse_name(model).scheme != "embedded":
        defaults["reply_tokens"] = "512"
    shared = {name: value for name, value in options.items() if name in MEM0_OPTIONS}
    return MemorySettings.read({**defaults, **shared}, model=model)


def named_memories(options: Mapping[str, str]) -> TeacherMemories | None:
    """Return the teacher's memories that the options name; None: the student makes its own.

    Raises:
        InputError: the folder holds none, or others than before.
    """
    folder = options.get(_MEMORIES)
    if folder is None:
        return None
    memories = read_memories(Path(folder))
    _check_pinned(options, _MEMORIES, _MEMORIES_HASH, memories.sha256)
    if options.get(_TEACHER, memories.teacher) != memories.teacher:
        raise InputError(
            f"--option memories={folder}: were made by {memories.teacher}, not by "
            f"{options[_TEACHER]}.",
            "Give that teacher's folder, or leave teacher out.",
        )
    return memories


def named_adapter(options: Mapping[str, str]) -> Expert | None:
    """Return the adapter that the options name; None: the student answers as it is.

    Raises:
        InputError: the folder holds none, or another than before.
    """
    folder = options.get(_ADAPTER)
    if folder is None:
        return None
    path = Path(folder)
    (found,) = find_experts(path.parent, [path.name])
    _check_pinned(options, _ADAPTER, _ADAPTER_HASH, found.sha256)
    return replace(found, name=EXPERT)


def pin_spaces(options: Mapping[str, str], model: str | None) -> Mapping[str, str]:
    """Return the options with the teacher and the hashes of what they name, after checking both.

    Raises:
        InputError: an option or what it names can't be used.
        MissingResource: with an adapter, a package or the student is not on this machine.
    """
    read_settings(options, model)
    pinned = dict(options)
    memories, adapter = named_memories(options), named_adapter(options)
    if memories is not None:
        pinned |= {_MEMORIES_HASH: memories.sha256, _TEACHER: memories.teacher}
    if adapter is not None:
        base = student_base(model)
        check_peft()
        check_fit(base, [adapter], sees=False)
        pinned[_ADAPTER_HASH] = adapter.sha256
    return pinned


def _check_pinned(options: Mapping[str, str], space: str, pinned: str, found: str) -> None:
    if options.get(pinned, found) != found:
        raise InputError(
            f"--option {space}={options[space]}: holds something else than before "
            f"(SHA-256 {found}).",
            f"Give the folder of that with {options[pinned]}, or leave {pinned} out.",
        )
