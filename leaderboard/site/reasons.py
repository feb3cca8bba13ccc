"""Reasons of the board's scorer, without the folders of the machine that it ran on."""

from __future__ import annotations

import re

__all__ = ["public_reason"]

_FOLDERS = re.compile(r"(?<![^\s\"'(=])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\:]+[/\\])+")


def public_reason(text: str) -> str:
    """Return a reason with `…/` in place of the folders of every absolute path."""
    return _FOLDERS.sub("…/", text)
