"""What every command shares: output for people and for machines."""

from __future__ import annotations

import functools
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locomo_vqa.keys import scrub
from locomo_vqa.text import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = [
    "CommandGroup",
    "PathType",
    "console",
    "echo",
    "json_option",
    "make_table",
    "print_json",
    "printable",
    "quoted",
]

PLAIN_WIDTH = 120
"""Width of the output in columns if it is not a terminal."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print machine-readable JSON.")


class CommandGroup(click.Group):
    """A group that suggests a command for one that is misspelt, renamed, or in another group."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from locomo_vqa.cli_names import command_hint

            hint = command_hint(ctx, args[0], self.list_commands(ctx))
            if hint is None:
                raise
            raise click.UsageError(f"No such command {args[0]!r}. {hint}", ctx) from None


class PathType(click.Path):
    """A path of the command line; an empty one is refused, as it would name the current folder."""

    def __init__(
        self, *, exists: bool = False, file_okay: bool = True, dir_okay: bool = True
    ) -> None:
        super().__init__(exists=exists, file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        if value == "":
            self.fail(
                "The path is empty. Name a file or folder; '.' is the current folder.", param, ctx
            )
        return super().convert(value, param, ctx)


def quoted(path: object) -> str:
    """Return a path as one word for a shell, for commands that a user may copy."""
    return shlex.quote(os.fspath(path) if isinstance(path, os.PathLike) else str(path))


def print_json(value: Any) -> None:
    """Write a value as JSON to standard output."""
    click.echo(scrub(json.dumps(value, ensure_ascii=False, indent=2)))


@functools.cache
def console() -> Console:
    """Return the console for tables and sentences, on standard output.

    Text is printed literally: no markup, no emoji codes, no control characters.
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


def echo(text: str, *, style: str | None = None) -> None:
    """Print a sentence to standard output, on one line unless a terminal wraps it."""
    console().print(text, style=style, soft_wrap=True)


def make_table(*columns: str, numbers: Sequence[str] = (), title: str | None = None) -> Table:
    """Return an empty table: text columns first, then `numbers`, aligned to the right.

    It is shown whole at any width; see `locomo_vqa.cli_table`.
    """
    from rich.box import SIMPLE_HEAD

    from locomo_vqa.cli_table import WholeTable

    table = WholeTable(
        *columns,
        box=SIMPLE_HEAD,
        title=title,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        collapse_padding=True,
    )
    for column in numbers:
        table.add_column(column, justify="right", no_wrap=True)
    return table
