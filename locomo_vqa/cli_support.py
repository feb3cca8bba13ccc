"""What every command shares: output for people and for machines."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from locomo_vqa.text import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = [
    "console",
    "echo",
    "json_option",
    "make_table",
    "print_json",
    "printable",
]

PLAIN_WIDTH = 120
"""Columns of the output where it is no terminal."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine.")


def print_json(value: Any) -> None:
    """Write a value as JSON to the standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


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


def echo(text: str, *, style: str | None = None) -> None:
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
