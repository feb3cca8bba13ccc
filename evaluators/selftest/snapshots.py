"""Takes snapshots of a folder, and compares them."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

__all__ = ["Contents", "changes", "contents", "entries"]

Contents: TypeAlias = Mapping[str, str]
"""A string that changes with the file, by the path relative to the folder."""


def contents(folder: Path) -> Contents:
    """Return the hash of each file in a folder and its subfolders."""
    found = {}
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(OSError):
            if path.is_file():
                with path.open("rb") as stream:
                    digits = hashlib.file_digest(stream, "sha256").hexdigest()
                found[path.relative_to(folder).as_posix()] = digits
    return found


def entries(folder: Path) -> Contents:
    """Return the entries of a folder, files with size and time, ignoring Python's caches."""
    found = {}
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                status = path.stat()
                known = f"{status.st_size} {status.st_mtime_ns}" if path.is_file() else ""
                found[path.name] = known
    found.pop("__pycache__", None)
    return found


def changes(before: Contents, after: Contents) -> tuple[str, ...]:
    """Return the names of new, changed and deleted files."""
    names = sorted({*before, *after})
    return tuple(name for name in names if before.get(name) != after.get(name))
