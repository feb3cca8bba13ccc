"""The steps of a reproduction as commands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from locomo_vqa.models.names import hide_credentials

from ..reproducing.steps import Call, Step

__all__ = ["command_line", "command_of"]

_COMMANDS: Mapping[Call, tuple[str, ...]] = {
    "import_locomo": ("data", "import"),
    "build": ("build", "run"),
    "distill_memlora": ("distill", "memlora"),
    "run": ("run",),
    "score": ("score",),
    "efficiency": ("efficiency",),
}
_FLAGS: Mapping[str, str] = {"options": "--option", "stages": "--stage"}
"""The flags that are not called like the library's argument."""


def command_of(step: Step) -> list[str]:
    """Return the words of the command that makes the same call, without the program's name."""
    words = [*_COMMANDS[step.call]]
    if step.call == "distill_memlora":
        words += ["--benchmark", step.first]
    else:
        words.append(step.first)
    for name, value in step.named.items():
        flag = _FLAGS.get(name, f"--{name.replace('_', '-')}")
        words += [flag] if value is True else []
        for text in _texts(value):
            words += [flag, text]
    if step.call == "efficiency":
        words.append("--stages")
    return words


def command_line(step: Step) -> str:
    """Return the command as a line for a shell, without credentials."""
    return shlex.join(["locomo-vqa", *map(hide_credentials, command_of(step))])


def _texts(value: Any) -> list[str]:
    if value is True:
        return []
    if isinstance(value, Mapping):
        return [f"{name}={each}" for name, each in value.items()]
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
