"""Locks between processes, which a killed process can't leave behind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

__all__ = ["lock_file"]


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
