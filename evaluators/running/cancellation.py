"""Runs conversations concurrently, and cancels them together."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from ..hosting import Host
from ..hosting.isolation import in_event_loop

__all__ = ["CancelScope", "RunCancelled", "run_concurrently"]

_AWAKE_S = 0.5
"""How long this thread may sleep: a signal that reached another thread is heeded when it wakes."""


class RunCancelled(Exception):
    """The run was cancelled, so later failures are not outcomes."""


class CancelScope:
    """The cancellation of a run, and the hosts and callbacks that it affects."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @contextlib.contextmanager
    def hosting(self, host: Host) -> Iterator[None]:
        """Kill a host when the run is cancelled, and end it when the block ends."""
        try:
            with self.on_cancel(host.kill):
                self.raise_if_cancelled()
                yield
        finally:
            host.end()

    @contextlib.contextmanager
    def on_cancel(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call `callback` if the run is cancelled before the block ends."""
        with self._lock:
            self._callbacks.append(callback)
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)

    def cancel(self) -> None:
        """Cancel the run: every callback is called, whatever becomes of the others."""
        self._cancelled.set()
        with self._lock:
            callbacks = list(self._callbacks)
        with contextlib.ExitStack() as calls:
            for callback in reversed(callbacks):
                calls.callback(callback)

    def raise_if_cancelled(self) -> None:
        """Raise a `RunCancelled` if the run is cancelled."""
        if self._cancelled.is_set():
            raise RunCancelled


def run_concurrently(tasks: Sequence[Callable[[], None]], *, jobs: int, scope: CancelScope) -> None:
    """Run all tasks, `jobs` at a time; the first that raises, or Ctrl-C, cancels the others.

    A single job runs in this thread, unless it has an event loop: a system may start its own.
    """
    if jobs == 1 and not in_event_loop():
        for task in tasks:
            task()
        return
    with ThreadPoolExecutor(jobs, thread_name_prefix="conversation") as pool:
        try:
            pending = {pool.submit(task) for task in tasks}
            while pending:
                done, pending = wait(pending, timeout=_AWAKE_S, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            scope.cancel()
            raise
