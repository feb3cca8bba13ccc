"""Copies what a system prints to a log of limited size, and to standard error immediately."""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import sys
import threading
from pathlib import Path
from typing import IO

from locomo_vqa.keys import KeyMask, scrub
from locomo_vqa.text import printable

__all__ = ["MAX_LOG_BYTES", "Output"]

MAX_LOG_BYTES = 1 << 20
"""The maximum size of a log; the rest is dropped."""

_JOIN_S = 2.0
_READ_BYTES = 1 << 16
_MOST_READS = MAX_LOG_BYTES // _READ_BYTES
_CUT = f"\n(cut off: more than {MAX_LOG_BYTES >> 20} MiB)\n".encode()


class Output(threading.Thread):
    """Reads a pipe to the end; the log is created with the first output."""

    def __init__(self, stream: IO[bytes], log: Path | None) -> None:
        super().__init__(daemon=True, name="output of a system")
        self.last = ""
        """The last line that is not blank."""
        self._stream = stream
        self._log = log
        self._left = MAX_LOG_BYTES
        self._lock = threading.RLock()
        self._mask = KeyMask()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def run(self) -> None:
        if not hasattr(select, "poll"):  # Windows: a pipe can only be read.
            while self._copy():
                pass
            return
        while self._is_readable(None):
            with self._lock:
                if self._is_readable(0) and not self._copy():
                    return

    def note(self, text: str) -> None:
        """Write a note of the harness to the log, after what the system has printed before."""
        if not text:
            return
        with self._lock:
            for _ in range(_MOST_READS if hasattr(select, "poll") else 0):
                if not (self._is_readable(0) and self._copy()):
                    break
            self._write(scrub(text).encode("utf-8", "replace"))

    def finish(self) -> None:
        """Wait for the rest, which arrives at once if the other end is closed."""
        self.join(_JOIN_S)
        if not self.is_alive():
            self._stream.close()

    def _is_readable(self, milliseconds: int | None) -> bool:
        """Return whether the pipe has something to read, or its end, within the time."""
        with contextlib.suppress(OSError, ValueError):
            waiting = select.poll()
            waiting.register(self._stream.fileno(), select.POLLIN)
            return bool(waiting.poll(milliseconds))
        return False

    def _copy(self) -> bool:
        """Copy what is there to the log, and return whether more can come."""
        read = self._read()
        if kept := self._write(self._mask.mask(read, last=not read)):
            self._remember_last_line(kept)
        return bool(read)

    def _read(self) -> bytes:
        with contextlib.suppress(OSError, ValueError):
            return os.read(self._stream.fileno(), _READ_BYTES)
        return b""

    def _write(self, data: bytes) -> bytes:
        """Append what fits to the log, and return it."""
        with self._lock:
            kept = data[: self._left]
            self._left -= len(kept)
            if kept and not self._left:
                kept += _CUT
            if kept and self._log is not None:
                with contextlib.suppress(OSError), open(self._log, "ab", opener=_open) as stream:
                    stream.write(kept)
        return kept

    def _remember_last_line(self, data: bytes) -> None:
        text = self._decoder.decode(data).replace("\r\n", "\n").replace("\r", "\n")
        self.last = next((line for line in reversed(text.split("\n")) if line.strip()), self.last)
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(printable(text))
            sys.stderr.flush()


def _open(path: str, flags: int) -> int:
    """Open a file without following a link.

    Raises:
        OSError: the file can't be opened, or is a link.
    """
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)
