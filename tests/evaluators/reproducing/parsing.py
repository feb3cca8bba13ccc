"""Parses commands as the command line would, without running them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from locomo_vqa.builders.recipe import load_recipe
from locomo_vqa.cli import cli
from locomo_vqa.evaluators.judging.rubric_files import read_rubric
from locomo_vqa.evaluators.memory import RUN_ONLY_OPTIONS, MemorySettings
from locomo_vqa.evaluators.memory.settings import TEXT_STAGES
from locomo_vqa.evaluators.reproducing.choices import checked_models
from locomo_vqa.evaluators.reproducing.paper import paper_table
from locomo_vqa.evaluators.systems.bundled import SYSTEMS
from locomo_vqa.models.names import parse_name
from tests.tutorials import read_blocks

MODEL_NAMES = ("model", "judge", "student", "teacher", "generator", "validator")
EXPERTS = {"experts", "experts_sha256"}


def commands_of(page: Path) -> Iterator[list[str]]:
    """Yield the words of each of our commands in the blocks of a page."""
    blocks = [block for kind in ("bash", "console", "sh") for block in read_blocks(page, kind)]
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            text = line.removeprefix("$ ").strip()
            if text.startswith("locomo-vqa "):
                yield shlex.split(text, comments=True)[1:]


def parse(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the command's full name and its parameters.

    Raises:
        click.ClickException: a command, an option or a value is not known.
        InputError: a model's name, an option of a memory system, or its value can't be used.
        ValueError: an option has no value, or a distillation does not have it.
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
    check_names(" ".join(names), parsed.params)
    check_facts(" ".join(names), parsed.params)
    return " ".join(names), parsed.params


def check_facts(command: str, parameters: dict[str, Any]) -> None:
    """Check the names of systems, recipes, rubrics, tables and the paper's models."""
    if command == "run" and parameters["system"] not in SYSTEMS:
        raise ValueError(f"{parameters['system']} is not a bundled system")
    if command == "build run":
        load_recipe(parameters["recipe"])
    if parameters.get("rubric") is not None:
        read_rubric(parameters["rubric"])
    if command == "reproduce":
        paper_table(parameters["table"])
        checked_models(dict(each.split("=", 1) for each in parameters["models"]), parameter="model")


def folders_of(command: str, parameters: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Return the folders that a command reads, and those that it writes."""
    made = {str(parameters[name]) for name in ("out", "work") if parameters.get(name) is not None}
    if command in ("data import", "build run"):
        return set(), made
    found = [parameters.get("benchmark"), *parameters.get("sources", ())]
    found += parameters.get("runs", ())
    options = dict(text.split("=", 1) for text in parameters.get("options") or ())
    found.append(options.get("experts", "").removesuffix("/experts") or None)
    return {str(each) for each in found if each is not None}, made


def check_names(command: str, parameters: dict[str, Any]) -> None:
    """Check the names of models and of a memory system's options."""
    for name in MODEL_NAMES:
        value = parameters.get(name)
        for each in value if isinstance(value, tuple) else (value,):
            if each not in (None, "rules"):
                parse_name(each, parameter=name)
    texts = parameters.get("options") or ()
    options = dict(text.split("=", 1) for text in texts)
    if command == "distill memlora":
        for name in RUN_ONLY_OPTIONS:
            if name in options:
                raise ValueError(f"a distillation has no option {name}")
        MemorySettings.from_options(options, model=parameters["student"])
    elif command == "run":
        if parameters["system"].startswith("memlora"):
            base = {name for name, value in options.items() if value == "base"}
            own = base & set(TEXT_STAGES) | options.keys() & EXPERTS
            options = {name: value for name, value in options.items() if name not in own}
        MemorySettings.from_options(options, model=parameters["model"])
