"""Calls a system's code so that what it prints, raises, forks, or changes affects nothing else.

Only Ctrl-C gets through.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from locomo_vqa.worker import failure_of, traceback_of

__all__ = [
    "Failure",
    "call_contained",
    "in_event_loop",
    "isolated_process_state",
    "outside_event_loop",
]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How a call ended without a result."""

    state: Literal["timeout", "error"]
    """The resulting state of the question."""
    reason: str
    """The exception's type and message, in at most 2,000 characters."""
    unreachable: bool
    """Whether the cause is a `ModelUnreachable`: the model's endpoint does not answer."""
    denied: bool = False
    """Whether the cause is a `ModelDenied`: the model's endpoint refuses every request."""
    missing: bool = False
    """Whether it is a `MissingResource`: something is not on this machine, such as weights."""
    ended: bool = False
    """Whether the system also ended, so that no more questions can be asked."""
    traceback: str = field(default="", compare=False)
    """The end of the exception's traceback, if it is known."""


def call_contained(call: Callable[[], _T]) -> _T | Failure:
    """Return what `call` returns, or how it failed.

    If the call forks a process that returns from the call, that process ends here: two processes
    must not continue with the same work.
    """
    owner = os.getpid()
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - sys.exit and cancelled tasks must not end us
        return Failure(**failure_of(error), traceback=traceback_of(error))
    finally:
        if os.getpid() != owner:
            os._exit(0)


def in_event_loop() -> bool:
    """Return whether an event loop is running in this thread, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def outside_event_loop(call: Callable[[], _T]) -> _T:
    """Return what `call` returns; if an event loop is running here, call it in another thread.

    Code that starts its own event loop can't run in a thread that already has one.
    """
    if not in_event_loop():
        return call()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


@contextlib.contextmanager
def isolated_process_state() -> Iterator[None]:
    """Restore standard output and the working directory afterwards.

    Until then, what Python or a child process writes to standard output goes to standard error:
    standard output belongs to the command.
    """
    folder = None
    with contextlib.suppress(OSError):
        folder = os.getcwd()  # noqa: PTH109 - a folder that was removed has no Path
    with _output_to_error(), contextlib.redirect_stdout(sys.stderr):
        try:
            yield
        finally:
            if folder is not None:
                with contextlib.suppress(OSError):
                    os.chdir(folder)


@contextlib.contextmanager
def _output_to_error() -> Iterator[None]:
    _flush()
    try:
        kept = os.dup(1)
    except OSError:  # It is closed.
        yield
        return
    try:
        with contextlib.suppress(OSError):
            os.dup2(2, 1)
        yield
    finally:
        _flush()
        os.dup2(kept, 1)
        os.close(kept)


def _flush() -> None:
    for stream in (sys.stdout, sys.__stdout__):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()  # type: ignore[union-attr]
