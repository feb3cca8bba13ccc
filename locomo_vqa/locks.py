"""Locks between processes, which a killed process can't leave behind."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from locomo_vqa.errors import OutputError

__all__ = ["lock_file", "locked_folder"]


def lock_file(path: Path) -> IO[bytes] | None:
    """Lock a file for this process, and return the open stream that holds the lock.

    The lock is released when the stream is closed or the process ends, however it ends. Other
    processes may read the file meanwhile. The file is created if it does not exist, in an existing
    folder. On Windows, where a locked file can't be read by others, a hidden file next to it is
    locked.

    Returns:
        The stream; None if another process, or another stream of this one, holds the lock.

    Raises:
        OSError: the file can't be opened, or its file system has no locks.
    """
    from filelock import lock_descriptor

    beside = path.with_name(f".{path.name}.lock")
    stream = (beside if sys.platform == "win32" else path).open("ab", buffering=0)
    try:
        if lock_descriptor(stream.fileno(), blocking=False):
            return stream
    except BaseException:
        stream.close()
        raise
    stream.close()
    return None


@contextlib.contextmanager
def locked_folder(folder: Path, *, busy: str, remedy: str) -> Iterator[None]:
    """Keep other processes, and other threads of this one, out of a folder that exists.

    Nothing is written into it. Where folders can't be locked (Windows, some network file systems),
    no one is kept out.

    Args:
        folder: the folder.
        busy: what the other process is doing, after the folder's name.
        remedy: what to do about that.

    Raises:
        OutputError: another process holds it.
    """
    handle = None
    if sys.platform != "win32":
        from filelock import lock_descriptor

        held = True
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            held = lock_descriptor(handle, blocking=False)
        if not held and handle is not None:
            os.close(handle)
            raise OutputError(f"{folder}: {busy}.", remedy)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
