"""Checks and records a system's options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from locomo_vqa.errors import InputError
from locomo_vqa.system import Services

if TYPE_CHECKING:
    from ..loading import LoadedSystem

__all__ = ["lend_options", "option_texts", "recorded_options", "without_account"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_MOST_OPTIONS = 200
_MOST_CHARACTERS = 10_000
"""Of an option with its name; a run.json with more is refused."""
_ACCOUNT = re.compile(r"//[^/@\s]*@")


def option_texts(options: Mapping[str, object] | None) -> dict[str, str]:
    """Return options as strings, as on the command line: True is `true`.

    Raises:
        InputError: a name is not valid, a value is empty or far too long, or there are far too many
            options.
    """
    if options is not None and len(options) > _MOST_OPTIONS:
        raise InputError(
            f"`options`: has {len(options):,} options; the limit is {_MOST_OPTIONS}.",
            "Pass the system a file with its settings.",
        )
    texts: dict[str, str] = {}
    for name, value in (options or {}).items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise InputError(
                f"`options`: {name!r} is not the name of an option.",
                "A name starts with a letter, followed by letters, digits, and any of _ . -",
            )
        if value is None or not text:
            raise InputError(f"`options`: {name} has no value.", "Give it one, or leave it out.")
        if len(name) + 1 + len(text) > _MOST_CHARACTERS:
            raise InputError(
                f"`options`: {name[:80]} is longer than {_MOST_CHARACTERS:,} characters.",
                "Pass the system a file with this text.",
            )
        texts[name] = text
    return texts


def lend_options(services: Services, system: LoadedSystem, options: Mapping[str, str]) -> Services:
    """Return services with a system's options, after the system's own check.

    Raises:
        InputError: an option or its value is not valid, or a required one is missing.
        MissingResource: something that an option names can't be used on this machine.
    """
    if options and system.check_options is not None:
        system.check_options(options, services.model)
    if system.pin_options is not None:
        options = system.pin_options(options, services.model)
    return replace(services, options=dict(options))


def recorded_options(services: Services) -> list[str]:
    """Return options for run.json: sorted, and addresses without user name and password."""
    return [without_account(f"{name}={value}") for name, value in sorted(services.options.items())]


def without_account(text: str) -> str:
    """Return a text with an address without its user name and password."""
    return _ACCOUNT.sub("//", text)
