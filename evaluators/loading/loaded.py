"""What a loaded system is, and what its class must have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
"""The methods of a system that answers itself."""

ANSWERS = ("answer", "answer_visual")
"""The methods of a system that doesn't only retrieve."""

_REQUIRED = ("open", "add", "answer")

CheckOptions = Callable[[Mapping[str, str], str | None], None]
"""Raises `InputError` for an option that a system does not know; the second argument is the
model's name."""

PinOptions = Callable[[Mapping[str, str], str | None], Mapping[str, str]]
"""Returns options with the hashes of what they name, so that a run continues only with the same.

Raises `LocomoVqaError` where something that is named is missing or can't be used.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSystem:
    """A system that is ready to be hosted, once for each conversation."""

    name: str
    """Its name in tables."""
    version: str | None
    """Its version, from the class attribute `version`."""
    uses_images: bool
    """Whether it looks at images, from the class attribute `uses_images`; True by default."""
    prompt_sha256: str | None
    """SHA-256 of its prompts, from the class attribute `prompt_sha256`; for a system that only
    retrieves, of the prompts it is answered with."""
    needs_model: bool
    """Whether it can't run without a model."""
    uses_model: bool = True
    """Whether it may ask a model, from the class attribute `uses_model`; True by default."""
    any_model: bool = False
    """Whether it opens the model itself, whatever its kind, and also runs without one."""
    only_retrieves: bool = False
    """Whether it has `search` and no answers, so that the harness answers with the model."""
    address: bool = False
    """Whether it runs on a server, whose processes can't be watched."""
    in_process: bool = False
    """Whether it runs in this process, where nothing can end it."""
    source_sha256: str | None = None
    """SHA-256 of the source of a class that was given as an object; None if it is unknown."""
    check_options: CheckOptions | None = None
    """Checks the options that are given; None if it takes any."""
    reads_with_model: bool = False
    """Whether it needs a model even to read a conversation."""
    remembers: bool = True
    """Whether it is meant to remember what it reads."""
    pin_options: PinOptions | None = None
    """Completes the options before anything is run; None if there is nothing to complete."""
    variables: tuple[str, ...] = ()
    """The names of the environment variables that a user handed on to its processes."""
    host: MakeHost
    """Makes the host of one conversation."""


def system_from_facts(
    source: str, facts: Mapping[str, Any], host: MakeHost, *, needs_model: bool = False
) -> LoadedSystem:
    """Return the system that a class, described by `locomo_vqa.worker.describe`, is.

    Args:
        source: what the user named, for messages.
        facts: the description.
        host: makes the host of one conversation.
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
            "Define open, add, and answer, or search in place of answer: see docs/systems.md.",
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
    """Return the check of a system that has no options."""

    def refuse(options: Mapping[str, str], model: str | None) -> None:
        raise InputError(
            f"`options`: {name} has no options, but {next(iter(options))!r} was given.",
            "Leave them out.",
        )

    return refuse


def refuse_python(source: str, python: Path | None) -> None:
    """Refuse an interpreter for a system that is not started in an environment of its own.

    Raises:
        InputError: one is given.
    """
    if python is not None:
        raise InputError(
            f"`python` can't be used with {source}; it is for systems given as module:Class.",
            "Leave it out.",
        )


def refuse_variables(source: str, variables: Sequence[str]) -> None:
    """Refuse environment variables for a system that is not started in a process of its own.

    Raises:
        InputError: one is given.
    """
    if variables:
        raise InputError(
            f"`env` can't be used with {source}, which is not started in a process of its own.",
            "Leave it out.",
        )


def refuse_sandbox(source: str, sandbox: SandboxTool | None) -> None:
    """Refuse a sandbox for a system that is not started in a process of its own.

    Raises:
        InputError: one is given.
    """
    if sandbox is not None:
        raise InputError(
            f"`sandbox` can't be used with {source}, which is not started in a process of its own.",
            "Leave it out, or pass the system as module:Class.",
        )
