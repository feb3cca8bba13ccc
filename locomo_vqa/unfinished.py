"""Files and folders being made, under hidden names next to their destination.

A killed process leaves its unfinished file or folder behind. Each is locked while it is being
filled, so the next process that makes the same file or folder can see which of them are abandoned,
and removes those. Where locks are not available (Windows, some network file systems), none is
removed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

__all__ = ["discard", "is_unfinished", "unfinished"]

_SUFFIX = ".part"
_TRIES = 100


@contextlib.contextmanager
def unfinished(path: Path, *, kind: Literal["file", "folder"]) -> Iterator[Path]:
    """Yield a new empty file or folder next to `path`, and remove what killed processes left.

    The block renames it; under its hidden name it is removed when the block ends.

    Raises:
        OSError: it can't be created.
    """
    _sweep(path)
    temporary, handle = _make(path, kind)
    try:
        yield temporary
    finally:
        _remove(temporary)
        if handle is not None:
            os.close(handle)


def discard(path: Path) -> None:
    """Remove a file or a folder, if it exists, in one step and never partially.

    A folder first gets a hidden name, under which it is emptied; after a kill, the next
    `unfinished` of the same path removes the rest.

    Raises:
        OSError: it can't be removed.
    """
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    with unfinished(path, kind="folder") as aside:
        path.replace(aside)


def is_unfinished(name: str, of: str) -> bool:
    """Return whether a name is the hidden name of an unfinished file or folder `of`."""
    return re.fullmatch(rf"\.{re.escape(of)}\.[a-z0-9_]{{8}}{re.escape(_SUFFIX)}", name) is not None


def _make(path: Path, kind: Literal["file", "folder"]) -> tuple[Path, int | None]:
    """Return a new file or folder, and the descriptor that holds its lock if there is one."""
    for _ in range(_TRIES):
        if kind == "folder":
            made = tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=_SUFFIX)
        else:
            handle, made = tempfile.mkstemp(
                dir=path.parent, prefix=f".{path.name}.", suffix=_SUFFIX
            )
            os.close(handle)
        with contextlib.suppress(FileNotFoundError):  # Another process removed it already.
            try:
                held = _lock(Path(made))
            except FileNotFoundError:
                raise
            except OSError:
                return Path(made), None
            if held is not None:
                return Path(made), held
    raise OSError("other processes remove new files there")


def _lock(path: Path) -> int | None:
    """Return a descriptor that holds a lock, or None where another process holds it.

    Raises:
        FileNotFoundError: it does not exist, or no longer.
        OSError: locks are not available here.
    """
    if sys.platform == "win32":
        raise OSError("folders can't be locked, and locked files can't be renamed")
    from filelock import lock_descriptor

    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        if lock_descriptor(handle, blocking=False):
            path.stat()
            return handle
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _sweep(path: Path) -> None:
    """Remove unfinished files and folders that no process holds."""
    with contextlib.suppress(OSError):
        for left in path.parent.iterdir():
            if not is_unfinished(left.name, path.name):
                continue
            with contextlib.suppress(OSError):
                handle = _lock(left)
                if handle is not None:
                    _remove(left)
                    os.close(handle)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
