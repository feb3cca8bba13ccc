"""Write `docs/commands.md` from the commands' `--help`: `python scripts/make_command_docs.py`.

With `--check`, write nothing and fail if the file is not up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from locomo_vqa.cli import cli

TARGET = Path(__file__).parent.parent / "docs" / "commands.md"


def render() -> str:
    """Return the command reference as Markdown."""
    parts = ["# Commands\n\nMade from each command's `--help` by `scripts/make_command_docs.py`.\n"]
    for path, command in walk(cli, ["locomo-vqa"]):
        parent: click.Context | None = None
        for name in path[:-1]:
            parent = click.Context(click.Group(), info_name=name, parent=parent)
        context = click.Context(command, info_name=path[-1], parent=parent, max_content_width=96)
        context.help_option_names = ["-h", "--help"]
        title = " ".join(path)
        parts.append(f"## {title}\n\n```\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def walk(command: click.Command, path: list[str]) -> list[tuple[list[str], click.Command]]:
    """Return a command and its subcommands, each with its path of names."""
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            found += walk(below, [*path, name])
    return found


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(TARGET.read_text(encoding="utf-8") != render())
    TARGET.write_text(render(), encoding="utf-8")
    print(f"Wrote {TARGET}")
