"""Commands and options by earlier or guessed names, and what they are called now."""

from __future__ import annotations

from collections.abc import Sequence

import click

from locomo_vqa.arguments import nearest

__all__ = ["command_hint", "option_hint"]

_EARLIER_COMMANDS = {
    "data images": "build images --benchmark DIR --out DIR2",
    "data publish": "build publish --benchmark DIR --out DIR2",
    "systems setup": "systems install NAME",
}
"""As in the changelog's table of what was renamed."""

_EARLIER_OPTIONS = {
    "--look-distance": "--phash-distance",
    "--modes": "--images",
    "--again": "--reinstall",
}

_GROUPS = ("data", "build", "systems", "distill", "leaderboard")
"""The groups that are searched; importing every command would take seconds."""

_GUESSED = {
    "evaluate": "score",
    "eval": "score",
    "test": "check",
    "train": "distill",
    "list": "systems",
    "ls": "systems",
    "board": "leaderboard",
    "upload": "submit",
    "download": "build images",
    "push": "build publish",
}
"""Words for what a command does; looked up before similar spellings."""


def command_hint(context: click.Context, word: str, known: Sequence[str]) -> str | None:
    """Return a sentence with the command that a word in a group probably means.

    `known` are the group's own commands.
    """
    group = " ".join(context.command_path.split()[1:])
    earlier = _EARLIER_COMMANDS.get(f"{group} {word}")
    if earlier is not None:
        return f"It is now called: locomo-vqa {earlier}"
    if not group and word in _GUESSED:
        return f"Did you mean {_GUESSED[word]!r}?"
    inner = _commands_of_groups(context.find_root()) if not group else {}
    if word in inner:
        return f"Did you mean {inner[word]!r}?"
    close = nearest(word, known)
    if close is not None:
        return f"Did you mean {close!r}?"
    close = nearest(word, inner)
    return None if close is None else f"Did you mean {inner[close]!r}?"


def option_hint(option: str, command: click.Command) -> str | None:
    """Return a sentence with today's name of an option, if the command has it."""
    now = _EARLIER_OPTIONS.get(option)
    has = any(now in parameter.opts for parameter in command.params)
    return f"It is now called {now}." if now is not None and has else None


def _commands_of_groups(root: click.Context) -> dict[str, str]:
    """Return every command of a group, as `group command`, by its own name."""
    found: dict[str, str] = {}
    assert isinstance(root.command, click.Group)
    for name in _GROUPS:
        command = root.command.get_command(root, name)
        if isinstance(command, click.Group):
            for inner in command.list_commands(root):
                found.setdefault(inner, f"{name} {inner}")
    return found
