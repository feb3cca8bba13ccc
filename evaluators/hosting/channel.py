"""Sends a line to a process and reads one back, with a time limit.

Both block in a thread, because only POSIX systems can wait for a pipe with a time limit. When the
time is up, the thread is abandoned; it ends with the process.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

__all__ = ["MAX_WORKER_LINE_BYTES", "Channel", "LineReader"]

MAX_WORKER_LINE_BYTES = 64 << 20
"""The maximum length of a reply."""

_CHUNK_BYTES = 1 << 16
_SLICE_S = 0.25
"""How often a silent process is checked, in seconds."""
_LAST_REPLY_S = 2.0
"""How long reading the last reply of a finished process may take, in seconds: it is at once, unless
this machine is busy, or another process holds the pipe."""
_JOIN_S = 1.0


class Channel:
    """The pipes of a process, for one caller at a time.

    A line is read only after a request, so at most one reply and `_CHUNK_BYTES` are held in memory,
    however much the process writes.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._input = process.stdin
        self._output = process.stdout
        self._requests: SimpleQueue[bytes | None] = SimpleQueue()
        self._replies: SimpleQueue[bytearray | Exception] = SimpleQueue()
        self._thread = threading.Thread(
            target=self._serve, daemon=True, name="requests to a system"
        )
        self._thread.start()

    def exchange(self, line: bytes, *, seconds: float, watch: Callable[[], None]) -> bytearray:
        """Send a line and return the next one received; `watch` is called while waiting.

        Raises:
            TimeoutError: no line came in time; the channel can't be used again.
            EOFError: the process ended.
            ValueError: the line is too long.
        """
        deadline = time.monotonic() + seconds
        self._requests.put(line)
        while True:
            left = deadline - time.monotonic()
            reply = self._take(min(max(left, 0.0), _SLICE_S))
            if reply is None and self._process.poll() is not None:
                reply = self._take(_LAST_REPLY_S)
                reply = EOFError() if reply is None else reply
            if isinstance(reply, Exception):
                raise reply
            watch()
            if reply is not None:
                return reply
            if left <= 0:
                raise TimeoutError

    def close(self) -> None:
        """Close the pipes of a finished process.

        If another process inherited them and keeps the thread waiting, it closes them later.
        """
        self._requests.put(None)
        self._thread.join(_JOIN_S)

    def _take(self, seconds: float) -> bytearray | Exception | None:
        try:
            return self._replies.get(timeout=seconds)
        except Empty:
            return None

    def _serve(self) -> None:
        """Write each request and read the line that follows it; close the pipes at the end."""
        with self._output as output, self._input as requests:
            reader = LineReader(output.fileno())
            while (request := self._requests.get()) is not None:
                _write(requests.fileno(), request)
                try:
                    self._replies.put(reader.read())
                except (EOFError, ValueError) as error:
                    self._replies.put(error)


def _write(descriptor: int, data: bytes) -> None:
    """Write all data, unless the process ended; its earlier output may still be read."""
    rest = memoryview(data)
    with contextlib.suppress(OSError):
        while rest:
            rest = rest[os.write(descriptor, rest) :]


class LineReader:
    """Reads lines of limited length from a pipe."""

    def __init__(self, descriptor: int, *, max_bytes: int = MAX_WORKER_LINE_BYTES) -> None:
        self._descriptor = descriptor
        self._max_bytes = max_bytes
        self._rest = bytearray()

    def read(self) -> bytearray:
        """Wait for the next line and return it without its line break.

        Raises:
            EOFError: the pipe ended before the line did.
            ValueError: the line is too long.
        """
        line, self._rest = self._rest, bytearray()
        searched = 0
        while (end := line.find(b"\n", searched)) < 0:
            if len(line) > self._max_bytes:
                raise ValueError(f"its reply is larger than {self._max_bytes >> 20} MiB")
            searched = len(line)
            line += self._read()
        self._rest = line[end + 1 :]
        del line[end:]
        return line

    def _read(self) -> bytes:
        try:
            read = os.read(self._descriptor, _CHUNK_BYTES)
        except OSError as error:
            raise EOFError from error
        if not read:
            raise EOFError
        return read
