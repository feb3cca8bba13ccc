"""Conversations side by side, and how they are all broken off together."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from ..hosting import Host

__all__ = ["CancelScope", "RunCancelled", "run_concurrently"]


class RunCancelled(Exception):
    """The run was broken off: what fails now is no outcome."""


class CancelScope:
    """Whether a run is broken off, and what ends with it."""

    def __init__(self) -> None:
        self._set = threading.Event()
        self._lock = threading.Lock()
        self._ends: list[Callable[[], None]] = []

    @contextlib.contextmanager
    def hosting(self, host: Host) -> Iterator[None]:
        """Kill a host when the run is broken off; end it in any case when the block is left."""
        try:
            with self.ending(host.kill):
                self.check()
                yield
        finally:
            host.end()

    @contextlib.contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` when the run is broken off before the block is left."""
        with self._lock:
            self._ends.append(end)
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)

    def now(self) -> None:
        """Break off."""
        self._set.set()
        with self._lock:
            ends = list(self._ends)
        for end in ends:
            end()

    def check(self) -> None:
        """Raise a RunCancelled where the run is broken off."""
        if self._set.is_set():
            raise RunCancelled


def run_concurrently(tasks: Sequence[Callable[[], None]], *, jobs: int, stop: CancelScope) -> None:
    """Do all tasks, `jobs` at once; the first that raises, or Ctrl-C, breaks off the others."""
    if jobs == 1:
        for task in tasks:
            task()
        return
    with ThreadPoolExecutor(jobs, thread_name_prefix="conversation") as pool:
        try:
            for future in as_completed([pool.submit(task) for task in tasks]):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stop.now()
            raise
