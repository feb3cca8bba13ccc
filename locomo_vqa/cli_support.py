"""What every command shares: output for people and machines, and what the root hands over."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from locomo_vqa.scores import Scorer

__all__ = [
    "Handed",
    "console",
    "json_option",
    "make_table",
    "print_json",
    "printable",
    "progress",
    "say",
    "ticking",
]

PLAIN_WIDTH = 120
"""Columns of the output where it is no terminal."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine.")


@dataclass(frozen=True, slots=True)
class Handed:
    """What the command-line root, which knows every wing, hands to one that may not import it."""

    scorer: Callable[[], Scorer]
    """Returns the evaluators' scorer; called only when scores are needed."""


def print_json(value: Any) -> None:
    """Write a value as JSON to the standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


_CONTROL = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], "\ufffd") | {0x0A: "\n", 0x09: " "}


def printable(text: str) -> str:
    """Return a text without the control characters that would steer a terminal."""
    return text.encode("utf-8", "replace").decode("utf-8").translate(_CONTROL)


@functools.cache
def console() -> Console:
    """Return the console for tables and sentences, on the standard output.

    What is printed is text: no markup, no emoji codes, no control characters.
    """
    from rich.console import Console
    from rich.text import Text

    class PlainConsole(Console):
        def render_str(self, text: str, **options: Any) -> Text:
            return super().render_str(printable(text), **options)

    plain: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False}
    if sys.stdout.isatty():
        return PlainConsole(**plain)
    return PlainConsole(**plain, width=PLAIN_WIDTH, color_system=None)


def say(text: str, *, style: str | None = None) -> None:
    """Print a sentence on the standard output; only a terminal breaks its line."""
    console().print(text, style=style, soft_wrap=True)


def make_table(*columns: str, numbers: Sequence[str] = (), title: str | None = None) -> Table:
    """Return an empty table: columns of text first, then `numbers`, which stand to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(
        *columns,
        box=SIMPLE_HEAD,
        title=title,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        collapse_padding=True,
    )
    table.columns[0].no_wrap = True
    for column in numbers:
        table.add_column(column, justify="right", no_wrap=True)
    return table


@contextmanager
def progress() -> Iterator[Progress]:
    """Yield a progress display on the standard error: count, rate and time left.

    Where the standard error is no terminal it stays silent.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Finished steps a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.1f}/s", style="progress.data.speed")

    stderr = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=stderr,
        disable=not stderr.is_terminal or bool(os.environ.get("LOCOMO_VQA_QUIET")),
    ) as display:
        yield display


@contextmanager
def ticking() -> Iterator[Callable[[str, int, int | None], None]]:
    """Yield what shows how far named steps are, a bar each: (step, done, all, where known)."""
    with progress() as display:
        tasks: dict[str, Any] = {}

        def tick(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                tasks[step] = display.add_task(step, total=total)
            display.update(tasks[step], completed=done, total=total)

        yield tick
