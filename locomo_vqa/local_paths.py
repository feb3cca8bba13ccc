"""Removes the folders of this machine from names that are published.

A path shows who its owner is and how the machine is set up. A model's name is only the last part of
its path.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import unquote

from locomo_vqa.models.names import EXAMPLES, hide_credentials

__all__ = ["public_name", "public_text", "public_value"]

_CACHED = re.compile(r"(?:model|dataset)s-{2}(.+?)-{2}(.+)")
"""A folder in the cache of the Hugging Face Hub; the names of its subfolders are hashes."""

_OPTION = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_PART = r"""[^\s\\/'"<>|:,;()\[\]{}]+"""
_HOME = re.compile(r"(?:/home/|/Users/|[A-Za-z]:[\\/]+Users[\\/]+)[^\\/]+[\\/]*|/root/?")
"""A home folder, whose last part is its owner."""
_PATH = re.compile(
    rf"(?<![\w/.~])(?:file://)?(?!//)(?:~[\w.-]*|/{_PART})(?:/{_PART})+/?"
    rf"|(?<![\w\\])[A-Za-z]:(?:\\+{_PART})+"
)
"""An absolute path of two parts or more within a sentence, except in a URL."""


def public_name(name: str) -> str:
    """Return the name of a model or a file without credentials, and without folders."""
    shown = hide_credentials(name)
    scheme, colon, rest = shown.partition(":")
    if not colon or scheme not in EXAMPLES:
        return _last_part(shown)
    target, mark, query = rest.partition("?")
    if scheme != "openai":
        target = _last_part(target)
    options = [option.partition("=") for option in query.split("&")]
    query = "&".join(f"{name}{sign}{_last_part(value)}" for name, sign, value in options)
    return f"{scheme}:{target}{mark}{query}"


def public_text(text: str) -> str:
    """Return a text for people, with each path replaced by its last part."""
    if len(Path.home().parts) > 1:
        text = re.sub(rf"{re.escape(str(Path.home()))}(?![\w.-])", "~", text)
    return _PATH.sub(lambda found: _last_part(found.group()), text)


def public_value(value: Any) -> Any:
    """Return JSON without absolute paths in its strings; `name=path` becomes `name=file`."""
    if isinstance(value, str):
        name, sign, rest = value.partition("=")
        if sign and _OPTION.fullmatch(name):
            return public_text(f"{name}={public_name(rest)}")
        return public_text(public_name(value))
    if isinstance(value, list):
        return [public_value(item) for item in value]
    if isinstance(value, dict):
        return {name: public_value(item) for name, item in value.items()}
    return value


def _last_part(path: str) -> str:
    """Return the last part of an absolute path, `~` for a home folder; anything else unchanged."""
    plain = unquote(path).removeprefix("file://")
    if _HOME.fullmatch(plain):
        return "~"
    absolute = PurePosixPath(plain).is_absolute() or PureWindowsPath(plain).is_absolute()
    if not absolute and not plain.startswith(("~", "../", "..\\")):
        return path
    parts = [part for part in re.split(r"[\\/]+", plain) if part]
    for part in parts:
        if cached := _CACHED.fullmatch(part):
            return f"{cached[1]}/{cached[2]}"
    return parts[-1] if parts else "…"
