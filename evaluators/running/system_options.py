"""Options of a system, which set how it works."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from locomo_vqa.errors import InputError
from locomo_vqa.system import Services

if TYPE_CHECKING:
    from ..loading import LoadedSystem

__all__ = ["lend_options", "option_texts", "recorded_options"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_ACCOUNT = re.compile(r"//[^/@\s]*@")


def option_texts(options: Mapping[str, object] | None) -> dict[str, str]:
    """Return options as strings, as a command line would give them: True is `true`.

    Raises:
        InputError: a name is not a word, or a value is empty.
    """
    texts: dict[str, str] = {}
    for name, value in (options or {}).items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise InputError(
                f"`options`: {name!r} is not the name of an option.",
                "A name is a letter, and then letters, digits, and any of _ . -",
            )
        if value is None or not text:
            raise InputError(f"`options`: {name} has no value.", "Give it one, or leave it out.")
        texts[name] = text
    return texts


def lend_options(services: Services, system: LoadedSystem, options: Mapping[str, str]) -> Services:
    """Return services with options for a system, after the system's own check.

    Raises:
        InputError: the system does not know an option or its value, or needs another one.
        MissingResource: something that an option names can't be used on this machine.
    """
    if options and system.check_options is not None:
        system.check_options(options, services.model)
    if system.pin_options is not None:
        options = system.pin_options(options, services.model)
    return replace(services, options=dict(options))


def recorded_options(services: Services) -> list[str]:
    """Return options as run.json has them: sorted, addresses without user name and password."""
    return [
        _ACCOUNT.sub("//", f"{name}={value}") for name, value in sorted(services.options.items())
    ]
