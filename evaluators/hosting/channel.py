"""Sends a line to a process and reads one back, with a time limit."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable

__all__ = ["MAX_WORKER_LINE_BYTES", "Channel"]

MAX_WORKER_LINE_BYTES = 64 << 20
"""The longest reply that is read."""

_SLICE_S = 0.25
"""How often a silent process is checked, in seconds."""


class Channel:
    """The pipes of a process; for one thread."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._input = process.stdin.fileno()
        self._output = process.stdout.fileno()
        self._kept = b""
        for descriptor in (self._input, self._output):
            os.set_blocking(descriptor, False)

    def exchange(self, line: bytes, *, seconds: float, watch: Callable[[], None]) -> bytes:
        """Send a line and return the next one received; `watch` is called repeatedly meanwhile.

        Raises:
            TimeoutError: no line came in time.
            EOFError: the process ended.
            ValueError: the line is too long.
        """
        deadline = time.monotonic() + seconds
        rest = memoryview(line)
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            selector.register(self._input, selectors.EVENT_WRITE)
            while b"\n" not in self._kept:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                gone = self._process.poll() is not None
                for key, _ in selector.select(0 if gone else min(left, _SLICE_S)):
                    if key.fd == self._output:
                        self._receive()
                    else:
                        rest = self._send(rest)
                        if not rest:
                            selector.unregister(self._input)
                if gone and b"\n" not in self._kept:
                    raise EOFError
                watch()
        reply, _, self._kept = self._kept.partition(b"\n")
        return reply

    def _receive(self) -> None:
        while True:
            try:
                read = os.read(self._output, 1 << 20)
            except BlockingIOError:
                return
            if not read:
                if b"\n" in self._kept:
                    return
                raise EOFError
            self._kept += read
            if len(self._kept) > MAX_WORKER_LINE_BYTES:
                raise ValueError(f"its reply has more than {MAX_WORKER_LINE_BYTES >> 20} MiB")

    def _send(self, rest: memoryview) -> memoryview:
        try:
            return rest[os.write(self._input, rest) :]
        except BlockingIOError:
            return rest
        except BrokenPipeError:
            return rest[:0]  # What it said before it ended may still be read.
