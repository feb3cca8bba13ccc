"""Replaces parameter names in the library's errors with a command's flags."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

__all__ = ["find_command", "with_flags"]


def with_flags(text: str, command: click.Command) -> str:
    """Return a library error with a command's flags in place of parameter names.

    The library writes parameters in backticks: `split` becomes --split, and `run`, if it is an
    argument, RUN. Other names are left unchanged.
    """
    flags = {
        parameter.name: max(parameter.opts, key=len)
        if isinstance(parameter, click.Option)
        else parameter.human_readable_name
        for parameter in command.params
    }
    return re.sub(r"`([a-z_0-9]+)`", lambda found: flags.get(found[1]) or found[0], text)


def find_command(root: click.Command, arguments: Sequence[str]) -> click.Command:
    """Return the command that the arguments name: for `build images …`, the group's `images`.

    If they name none, or it can't be imported, the last group that they name is returned.
    """
    command, rest = root, list(arguments)
    while isinstance(command, click.Group):
        context = click.Context(command, allow_interspersed_args=False)
        try:
            _, rest, _ = command.make_parser(context).parse_args(rest)
            inner = command.get_command(context, rest[0]) if rest else None
        except Exception:  # noqa: BLE001 - an error is being reported, which must not be hidden
            return command
        if inner is None:
            return command
        command, rest = inner, rest[1:]
    return command
