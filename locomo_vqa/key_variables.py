"""Reads keys from environment variables, and checks them."""

from __future__ import annotations

import os
import re

from locomo_vqa.errors import InputError
from locomo_vqa.keys import add_secret

__all__ = ["read_key"]

_KEY = re.compile(r"[!-~]([ -~]*[!-~])?")


def read_key(variable: str) -> str | None:
    """Return the key in an environment variable; None if it is not set or empty.

    Raises:
        InputError: it begins or ends with a blank, or has a character that no key has.
    """
    value = os.environ.get(variable)
    if not value:
        return None
    if not _KEY.fullmatch(value):
        ends = not value[-1:].isprintable() or value[-1:].isspace()
        where = "begins with a blank or has a control character"
        if ends:
            where = "ends in a blank or a line break"
        if value.isprintable() and not value.isascii():
            where = "has a character that is not ASCII"
        add_secret(value.strip())
        raise InputError(
            f"{variable}: the key {where}.",
            f"Set {variable} again, without it; a file with Windows line ends adds a carriage "
            "return.",
        )
    add_secret(value)
    return value
