"""Calls anybody's code: what it prints, raises, forks or changes stays its own.

Only Ctrl-C gets through.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from locomo_vqa.worker import failure_of

__all__ = ["Failure", "call_contained", "isolated_process_state"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How a call ended without a result."""

    state: Literal["timeout", "error"]
    """The state of the question that was asked."""
    reason: str
    """The exception's type and words, in at most 2,000 characters."""
    unreachable: bool
    """Whether it came of a `ModelUnreachable`: nobody answers at the model's endpoint."""
    ended: bool = False
    """Whether the system is gone with it, so that nothing more can be asked."""


def call_contained(call: Callable[[], _T]) -> _T | Failure:
    """Return what `call` returns, or how it failed.

    A process that the call forked, and that comes back from it, ends here: two processes must
    not go on with the same work.
    """
    owner = os.getpid()
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - sys.exit and cancelled tasks are no end of ours
        return Failure(**failure_of(error))
    finally:
        if os.getpid() != owner:
            os._exit(0)


@contextlib.contextmanager
def isolated_process_state() -> Iterator[None]:
    """Keep the standard output and the working directory as they are, whatever is called.

    What is written to the standard output, by Python or by a process that is started, goes to
    the standard error: the standard output is the command's.
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
    except OSError:  # There is none.
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
