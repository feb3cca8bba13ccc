"""Locks on single requests, so that processes with the same store don't ask one twice.

A lock is one byte in a file next to the store, at a place that follows from the request's key. A
process that ends, however it ends, leaves no lock behind, and the last one removes the file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import threading
from pathlib import Path
from typing import IO

from locomo_vqa.closable import Closable

__all__ = ["RequestLocks"]

_DIGITS = 15
"""How many hexadecimal digits of a key choose its byte: file offsets have 63 bits."""


class RequestLocks(Closable):
    """The locks that one open store holds.

    Where bytes of a file can't be locked for an open file (other systems than Linux, some network
    file systems, folders that can't be written), every lock is granted.
    """

    def __init__(self, store: Path) -> None:
        path = Path(os.path.realpath(store))  # Unlike `resolve`, takes a link to itself.
        self._path = path.with_name(f"{path.name}-lock")
        self._file: IO[bytes] | None = None
        self._changing = threading.Lock()

    def try_lock(self, key: str) -> bool:
        """Lock a request; return False if it is locked through another open store."""
        try:
            self._set("F_WRLCK", key)
        except OSError as error:
            return self._file is None or error.errno not in (errno.EACCES, errno.EAGAIN)
        return True

    def unlock(self, key: str) -> None:
        """Release a request."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._set("F_UNLCK", key)

    def close(self) -> None:
        """Release all of them, and remove the file unless another open store uses it."""
        with contextlib.suppress(OSError):
            if self._file is not None or self._path.is_file():
                self._set("F_WRLCK", None)
                self._path.unlink()
        with self._changing:
            self._forget()

    def _set(self, kind: str, key: str | None) -> None:
        """Lock or release a request, or the whole file."""
        try:
            import fcntl

            command = fcntl.F_OFD_SETLK
        except (ImportError, AttributeError):
            return
        place, length = (0, 0) if key is None else (int(key[:_DIGITS], 16), 1)
        lock = struct.pack("hhqqi4x", getattr(fcntl, kind), 0, place, length, 0)
        with self._changing:
            while True:
                if self._file is None:
                    self._file = self._path.open("ab", buffering=0)
                fcntl.fcntl(self._file.fileno(), command, lock)
                if self._is_current(self._file):
                    return
                self._forget()  # It was removed, so no process had locks in it.

    def _is_current(self, file: IO[bytes]) -> bool:
        try:
            return os.path.samestat(self._path.stat(), os.fstat(file.fileno()))
        except FileNotFoundError:
            return False

    def _forget(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
