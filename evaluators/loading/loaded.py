"""Defines a loaded system, and checks the methods of its class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError, SystemLoadError

from ..answering import PROMPT_SHA256
from ..hosting import MakeHost
from ..hosting.sandbox import SandboxTool

__all__ = [
    "ANSWERING_METHODS",
    "ANSWERS",
    "CheckOptions",
    "LoadedSystem",
    "PinOptions",
    "refuse_options",
    "refuse_python",
    "refuse_sandbox",
    "refuse_variables",
    "system_from_facts",
]

ANSWERING_METHODS = ("open", "add", "flush", "answer", "answer_visual", "close")
"""The methods of a system that answers questions itself."""

ANSWERS = ("answer", "answer_visual")
"""The methods that a retrieval-only system lacks."""

_REQUIRED = ("open", "add", "answer")

CheckOptions = Callable[[Mapping[str, str], str | None], None]
"""Raises `InputError` for an option that a system does not have; the second argument is the
model's name."""

PinOptions = Callable[[Mapping[str, str], str | None], Mapping[str, str]]
"""Adds hashes of the files that options name, so that a run resumes only with the same files.

Raises `LocomoVqaError` if a file is missing or can't be used.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSystem:
    """A system that is ready to be hosted, once for each conversation."""

    name: str
    """The system's name in tables."""
    version: str | None
    """The system's version, from the class attribute `version`."""
    uses_images: bool
    """Whether it looks at images, from the class attribute `uses_images`; True by default."""
    prompt_sha256: str | None
    """The SHA-256 of the system's prompts, from the class attribute `prompt_sha256`; for a
    retrieval-only system, of the prompts that answers are made with."""
    needs_model: bool
    """Whether it can't run without a model."""
    uses_model: bool = True
    """Whether it may ask a model, from the class attribute `uses_model`; True by default."""
    any_model: bool = False
    """Whether it opens any kind of model itself, and also runs without one."""
    only_retrieves: bool = False
    """Whether it has `search` instead of `answer`, so that the harness answers with the model."""
    address: bool = False
    """Whether it runs on a server, whose processes can't be watched."""
    in_process: bool = False
    """Whether it runs in this process, where nothing can end it."""
    source_sha256: str | None = None
    """The SHA-256 of the source of a class given as an object; None if unknown."""
    check_options: CheckOptions | None = None
    """Checks the options; None if the system accepts any."""
    shows_images: bool = False
    """Whether it is known to send the model the image of a question."""
    reads_with_model: bool = False
    """Whether it needs a model even to read a conversation."""
    remembers: bool = True
    """Whether it is meant to remember what it reads."""
    pin_options: PinOptions | None = None
    """Adds hashes to the options before anything runs; None if there is nothing to add."""
    requires: Mapping[str, str] = field(default_factory=dict)
    """The versions of distributions that must be installed where it runs."""
    variables: tuple[str, ...] = ()
    """The names of the environment variables that the user passes to its processes."""
    host: MakeHost
    """Makes the host of one conversation."""


def system_from_facts(
    source: str, facts: Mapping[str, Any], host: MakeHost, *, needs_model: bool = False
) -> LoadedSystem:
    """Return the system for a class that `locomo_vqa.worker.describe` has described.

    Args:
        source: the system as the user named it, for messages.
        facts: the description of the class.
        host: a function that makes the host of one conversation.
        needs_model: whether it can't run without a model.

    Raises:
        SystemLoadError: a method is missing, or an attribute can't be recorded.
    """
    methods = set(facts["methods"])
    only_retrieves = "search" in methods and not methods.intersection(ANSWERS)
    required = _REQUIRED[:2] if only_retrieves else _REQUIRED
    missing = [method for method in required if method not in methods]
    if missing:
        raise SystemLoadError(
            f"{source}: the class has no method {missing[0]}().",
            "Define open, add, and either answer or search: see docs/systems.md.",
        )
    if facts["prompt_sha256"] == "":
        raise SystemLoadError(
            f"{source}: prompt_sha256 is not a SHA-256.",
            "Give 64 hexadecimal digits, or leave the attribute out.",
        )
    return LoadedSystem(
        name=facts["name"],
        version=facts["version"],
        uses_images=facts["uses_images"] or only_retrieves,
        uses_model=facts["uses_model"],
        any_model=facts["any_model"],
        prompt_sha256=PROMPT_SHA256 if only_retrieves else facts["prompt_sha256"],
        needs_model=needs_model or only_retrieves,
        only_retrieves=only_retrieves,
        host=host,
    )


def refuse_options(name: str) -> CheckOptions:
    """Return an option check for a system that has no options."""

    def refuse(options: Mapping[str, str], model: str | None) -> None:
        raise InputError(
            f"`options`: {name} has no options, but {next(iter(options))!r} was given.",
            "Leave them out.",
        )

    return refuse


def refuse_python(source: str, python: Path | None) -> None:
    """Refuse an interpreter for a system that is not started in its own environment.

    Raises:
        InputError: one is given.
    """
    if python is not None:
        raise InputError(
            f"`python` can't be used with {source}; it is for systems given as module:Class.",
            "Leave it out.",
        )


def refuse_variables(source: str, variables: Sequence[str]) -> None:
    """Refuse environment variables for a system that is not started in its own process.

    Raises:
        InputError: one is given.
    """
    if variables:
        raise InputError(
            f"`env` can't be used with {source}, which is not started in its own process.",
            "Leave it out.",
        )


def refuse_sandbox(source: str, sandbox: SandboxTool | None) -> None:
    """Refuse a sandbox for a system that does not run in a separate process.

    Raises:
        InputError: one is given.
    """
    if sandbox is not None:
        raise InputError(
            f"`sandbox` can't be used with {source}, which does not run in a separate process.",
            "Leave it out, or pass the system as module:Class.",
        )
