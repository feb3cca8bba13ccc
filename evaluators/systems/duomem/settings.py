"""The options of `duomem`: a teacher's memories, an adapter, and the options of the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from locomo_vqa.arguments import check_option_names
from locomo_vqa.errors import InputError
from locomo_vqa.models.expert_opening import check_experts, check_takes_adapters
from locomo_vqa.models.experts import Expert, find_experts
from locomo_vqa.models.names import parse_name

from ...memory import (
    MEMORY_OPTIONS,
    MemorySettings,
    TeacherMemories,
    read_memories,
    student_settings,
)
from ...memory.experts import GENERATION_EXPERT
from ...memory.settings import IMAGE_OPTIONS
from ...own_prompts import pinned_prompts

__all__ = ["DUOMEM_OPTIONS", "duomem_settings", "named_adapter", "named_memories", "pin_options"]

_MEMORIES, _MEMORIES_HASH, _TEACHER = "memories", "memories_sha256", "teacher"
_ADAPTER, _ADAPTER_HASH = "adapter", "adapter_sha256"
_EXPECTATIONS = {_MEMORIES_HASH: _MEMORIES, _TEACHER: _MEMORIES, _ADAPTER_HASH: _ADAPTER}
"""Options for what a folder must contain, each with the option that names the folder."""

DUOMEM_OPTIONS: Mapping[str, str] = {
    _MEMORIES: "the folder of a teacher's memories; default: the student makes its own",
    _MEMORIES_HASH: "the SHA-256 that the memories must have; recorded by every run",
    _TEACHER: "the teacher that must have made the memories; recorded by every run",
    _ADAPTER: "the folder of the LoRA adapter for answers; default: none",
    _ADAPTER_HASH: "the SHA-256 that the adapter must have; recorded by every run",
    **{name: about for name, about in MEMORY_OPTIONS.items() if name not in IMAGE_OPTIONS},
    "prompts": "long, reduced, or a folder with prompts of your own; default: reduced",
    "reply_tokens": "token limit of extraction and update; default: 512, embedded models 200",
}
"""Every option with its values and its default."""


def duomem_settings(options: Mapping[str, str], model: str | None) -> MemorySettings:
    """Return the settings of the stages; see `student_settings`.

    Raises:
        InputError: an option is unknown, or its value can't be used.
    """
    check_option_names("duomem", options, DUOMEM_OPTIONS)
    for expectation, folder in _EXPECTATIONS.items():
        if expectation in options and folder not in options:
            raise InputError(
                f"`options`: {expectation} needs the option {folder}.",
                f"Add {folder}=FOLDER, or leave out {expectation}.",
            )
    if options.get("stores") == "speaker" and _MEMORIES in options:
        raise InputError(
            "`options`: stores=speaker can't be used with a teacher's memories, which are in one "
            "store.",
            "Leave one of the two options out.",
        )
    shared = {name: value for name, value in options.items() if name in MEMORY_OPTIONS}
    return student_settings(shared, model)


def named_memories(options: Mapping[str, str]) -> TeacherMemories | None:
    """Return the teacher's memories named in the options; None if the student makes its own.

    Raises:
        InputError: the folder has no memories, or they differ from what the options expect.
    """
    folder = options.get(_MEMORIES)
    if folder is None:
        return None
    memories = read_memories(Path(folder))
    _check_hash(options, _MEMORIES, _MEMORIES_HASH, memories.sha256)
    if options.get(_TEACHER, memories.teacher) != memories.teacher:
        raise InputError(
            f"`options`: the memories in {folder} were made by {memories.teacher}, not by "
            f"{options[_TEACHER]}.",
            "Give the folder of that teacher's memories, or leave out teacher.",
        )
    return memories


def named_adapter(options: Mapping[str, str]) -> Expert | None:
    """Return the adapter named in the options; None if the student answers without one.

    Raises:
        InputError: the folder has no adapter, or it differs from what the options expect.
    """
    folder = options.get(_ADAPTER)
    if folder is None:
        return None
    path = Path(folder)
    (found,) = find_experts(path.parent, [path.name])
    _check_hash(options, _ADAPTER, _ADAPTER_HASH, found.sha256)
    return replace(found, name=GENERATION_EXPERT)


def pin_options(options: Mapping[str, str], model: str | None) -> Mapping[str, str]:
    """Return the options with the teacher's name and the hashes of memories and adapter.

    Raises:
        InputError: an option or the folder that it names can't be used.
        MissingResource: for an adapter, a package or the student is not on this machine.
    """
    settings = duomem_settings(options, model)
    if _ADAPTER in options:
        check_takes_adapters(parse_name(model or ""))
    pinned = dict(pinned_prompts(options, settings.own_prompts))
    memories, adapter = named_memories(options), named_adapter(options)
    if memories is not None:
        pinned |= {_MEMORIES_HASH: memories.sha256, _TEACHER: memories.teacher}
    if adapter is not None:
        check_experts(parse_name(model or ""), [adapter], sees=False)
        pinned[_ADAPTER_HASH] = adapter.sha256
    return pinned


def _check_hash(options: Mapping[str, str], folder: str, expected: str, found: str) -> None:
    if options.get(expected, found) != found:
        raise InputError(
            f"`options`: {folder}={options[folder]} does not have the expected SHA-256 ({found}).",
            f"Give the folder with {options[expected]}, or leave out {expected}.",
        )
