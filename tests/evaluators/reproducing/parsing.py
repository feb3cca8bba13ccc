"""Parses commands as the command line would, without running them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from locomo_vqa.cli import cli
from locomo_vqa.evaluators.memory.settings import MEMORY_OPTIONS
from locomo_vqa.models.names import parse_name
from tests.tutorials import read_blocks

MODEL_NAMES = ("model", "judge", "student", "teacher", "generator", "validator")
EXPERTS = {"experts", "experts_sha256"}
PROTOCOL = {"stores", "timed_memories"}


def commands_of(page: Path) -> Iterator[list[str]]:
    """Yield the words of each of our commands in the blocks of a page."""
    blocks = [*read_blocks(page, "bash"), *read_blocks(page, "console")]
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            text = line.removeprefix("$ ").strip()
            if text.startswith("locomo-vqa "):
                yield shlex.split(text, comments=True)[1:]


def parse(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the command's full name and its parameters.

    Raises:
        click.ClickException: a command, an option or a value is not known.
        InputError: a model's name can't be used.
        ValueError: a memory system has no such option.
    """
    context = click.Context(cli, info_name="locomo-vqa")
    command: click.Command = cli
    rest, names = list(words), []
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, rest)
        assert name is not None and found is not None
        names.append(name)
        command, context = found, click.Context(found, parent=context, info_name=name)
    parsed = command.make_context(names[-1], rest, parent=context.parent)
    check_names(parsed.params)
    return " ".join(names), parsed.params


def check_names(parameters: dict[str, Any]) -> None:
    """Check the names of models and of a memory system's options."""
    for name in MODEL_NAMES:
        value = parameters.get(name)
        for each in value if isinstance(value, tuple) else (value,):
            if each not in (None, "rules"):
                parse_name(each, parameter=name)
    system = str(parameters.get("system", "memlora"))
    known = set(MEMORY_OPTIONS) | PROTOCOL | (EXPERTS if system.startswith("memlora") else set())
    for option in parameters.get("options") or ():
        name, mark, value = option.partition("=")
        if not mark or not value or name not in known:
            raise ValueError(f"{system} has no option {option!r}")
