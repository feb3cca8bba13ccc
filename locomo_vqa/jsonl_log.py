"""Append-only files of JSON lines, which survive a process that is killed at any moment."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path
from typing import Any

from locomo_vqa.bounded_reading import read_bounded_lines
from locomo_vqa.closable import Closable
from locomo_vqa.errors import OutputError
from locomo_vqa.files import clean_text, parse_json_lines
from locomo_vqa.locks import lock_file

__all__ = ["JsonlLog", "read_jsonl_log"]

_BLOCK = 1 << 16
_LINE = 40 << 20
"""The most bytes of one line: more than a system's longest reply."""


def read_jsonl_log(path: Path, *, what: str) -> list[tuple[int, Any]]:
    """Return (line number, parsed line) for each finished line that is not blank.

    Text after the last line break is ignored: it is still being written, or was when its process
    died. The file is only read, so another process may have it open.

    Raises:
        InputError: it can't be read, or a finished line is not JSON.
    """
    lines = read_bounded_lines(path, what=what, line_most=_LINE, only_finished=True)
    return parse_json_lines(lines, path=path, what=what)


class JsonlLog(Closable):
    """A file of JSON lines, each of which is on disk before `append` returns.

    A process that is killed loses at most the line it was writing: an unfinished last line is
    cut off when the file is opened again. Only one process at a time may have the file open; its
    threads may share it.

    Raises:
        OutputError: another process has the file open, or it can't be opened or written.
    """

    def __init__(self, path: Path, *, what: str, remedy: str, flush: bool = True) -> None:
        """Open or create `path`, named `what` in errors; `remedy` is what to do if it is in use.

        Without `flush`, a line survives the end of the process, but not a power cut.
        """
        self.path = path
        self._what = what
        self._flush = flush
        self._threads = threading.Lock()
        try:
            lock = lock_file(path)
        except OSError as error:
            raise self._cannot_write(error) from None
        if lock is None:
            raise OutputError(f"{path}: another process is writing {what}.", remedy)
        with contextlib.ExitStack() as opened:
            opened.enter_context(lock)
            self._end = _cut_unfinished_line(path)
            self._stream = opened.enter_context(path.open("ab", buffering=0))
            _sync_folder(path.parent)
            self._opened = opened.pop_all()

    def rows(self) -> list[tuple[int, Any]]:
        """Return (line number, parsed line) for each line; see `read_jsonl_log`."""
        return read_jsonl_log(self.path, what=self._what)

    def append(self, row: Any) -> None:
        """Write one line; if that fails, the file is left unchanged.

        Raises:
            OutputError: the disk is full or gone.
        """
        text = clean_text(json.dumps(row, ensure_ascii=False, allow_nan=False))
        line = memoryview(text.encode("utf-8") + b"\n")
        length = len(line)
        with self._threads:
            try:
                while line:
                    line = line[self._stream.write(line) or 0 :]
                if self._flush:
                    os.fsync(self._stream.fileno())
            except OSError as error:
                with contextlib.suppress(OSError):
                    self._stream.truncate(self._end)
                raise self._cannot_write(error) from None
            self._end += length

    def close(self) -> None:
        """Release the file for other processes."""
        self._opened.close()

    def _cannot_write(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.path}: {self._what} can't be written ({error.strerror or error}).",
            "Choose a writable folder with enough free space.",
        )


def _cut_unfinished_line(path: Path) -> int:
    """Remove the text after the last line break, and return the length that is left."""
    with path.open("ab+") as stream:
        end = size = stream.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _BLOCK)
            stream.seek(start)
            newline = stream.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            stream.truncate(end)
    return end


def _sync_folder(folder: Path) -> None:
    """Sync a folder to disk, so that a new file's name is kept, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
