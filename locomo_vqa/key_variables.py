"""Reads keys from environment variables, and checks them."""

from __future__ import annotations

import os
import re

from locomo_vqa.errors import InputError
from locomo_vqa.keys import add_secret

__all__ = ["hide_hub_token", "read_key"]

_KEY = re.compile(r"[!-~]+")
_UNDECODED = re.compile("[\udc80-\udcff]")
"""How Python represents bytes of the environment that are not UTF-8."""
_QUOTED = re.compile(r"(['\"`]).*\1")
_SCHEME = re.compile(r"(?:authorization:\s*)?bearer\b", re.IGNORECASE)


def read_key(variable: str) -> str | None:
    """Return the key in an environment variable; None if it is not set or empty.

    Raises:
        InputError: it is not a key alone; the message does not show it.
    """
    value = os.environ.get(variable)
    if not value:
        return None
    add_secret(value)
    problem = _problem(variable, value)
    if problem is None:
        return value
    for part in value.split():
        add_secret(part.strip("'\"`").removeprefix(f"{variable}="))
    what, remedy = problem
    raise InputError(f"{variable}: the key {what}.", remedy)


def hide_hub_token() -> None:
    """Hide the token of the Hugging Face Hub, which its own client reads and sends to the Hub."""
    from huggingface_hub import get_token

    add_secret(get_token() or "")


def _problem(variable: str, value: str) -> tuple[str, str] | None:
    """Return what is wrong with a key, and what to do."""
    alone = f"Set {variable} to the key alone."
    if not value.strip():
        return "is blank", alone
    if not value.isascii() and (value.isprintable() or _UNDECODED.search(value)):
        return "has a character that is not ASCII", f"Copy it again, and set {variable} to it."
    if value[-1].isspace() or not value[-1].isprintable():
        ends = "a file with Windows line endings adds a carriage return"
        return "ends in a blank or a line break", f"Set {variable} again, without it; {ends}."
    if value[0].isspace():
        return "begins with a blank", alone
    if _QUOTED.fullmatch(value):
        files = "an env file of Docker keeps quotation marks"
        return "is in quotation marks", f"Set {variable} again, without them; {files}."
    if _SCHEME.match(value):
        return "begins with the word Bearer, which is added when it is sent", alone
    if value.startswith(f"{variable}="):
        return "begins with the name of the variable", alone
    if not _KEY.fullmatch(value):
        within = "a blank" if value.isprintable() else "a control character"
        return f"has {within}", alone
    return None
