"""The option `--option`: what a system is told about how to work."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from locomo_vqa.errors import InputError
from locomo_vqa.system import Services

if TYPE_CHECKING:
    from ..loading import LoadedSystem

__all__ = ["lend_options", "recorded_options", "system_options"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_ACCOUNT = re.compile(r"//[^/@\s]*@")


def system_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--option` to a command, which gets what is given as the one mapping `options`."""

    @functools.wraps(command)
    def collect(*args: Any, option: Sequence[str], **others: Any) -> Any:
        return command(*args, options=_read(option), **others)

    return _OPTION(collect)


def lend_options(services: Services, system: LoadedSystem, options: Mapping[str, str]) -> Services:
    """Return services with options for a system, after the system's own check.

    Raises:
        InputError: the system knows no such option, or not that value of it, or lacks one.
        MissingResource: something that an option names can't be used on this machine.
    """
    if options and system.check_options is not None:
        system.check_options(options, services.model)
    if system.pin_options is not None:
        options = system.pin_options(options, services.model)
    return replace(services, options=dict(options))


def recorded_options(services: Services) -> list[str]:
    """Return options as a manifest has them: sorted, addresses without user name and password."""
    return [
        _ACCOUNT.sub("//", f"{name}={value}") for name, value in sorted(services.options.items())
    ]


def _read(given: Sequence[str]) -> Mapping[str, str]:
    options: dict[str, str] = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not mark or not value or not _NAME.fullmatch(name):
            raise InputError(f"--option {text}: is not of the form name=value.", "Write it so.")
        if name in options:
            raise InputError(f"--option {name} is given twice.", "Give it once.")
        options[name] = value
    return options


_OPTION = click.option(
    "--option",
    multiple=True,
    metavar="NAME=VALUE",
    help="Tell SYSTEM how to work; may be given several times. docs/systems.md lists mem0's.",
)
