"""Notes for whoever watches a long call, such as that an endpoint asks to wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from locomo_vqa.files import clean_text
from locomo_vqa.text import printable

__all__ = ["MIN_WAIT_S", "listening_to_notes", "note", "note_wait"]

MIN_WAIT_S = 1.0
"""Shorter waits are not worth a note."""

_MAX_SHOWN = 240
_listeners: list[Callable[[str], None]] = []
_lock = threading.Lock()
_quiet_until = 0.0


@contextmanager
def listening_to_notes(show: Callable[[str], None]) -> Iterator[None]:
    """Call a function with each note, from any thread, until the block ends.

    If there are several listeners, only the last one is called. Its errors are ignored.
    """
    with _lock:
        _listeners.append(show)
    try:
        yield
    finally:
        with _lock:
            _listeners.remove(show)


def note(text: str) -> None:
    """Pass a note to the current listener."""
    with _lock:
        show = _listeners[-1] if _listeners else None
    if show is not None:
        with suppress(Exception):  # A closed terminal, or a user's function.
            show(printable(clean_text(" ".join(text.split())))[:_MAX_SHOWN])


def note_wait(reason: str, seconds: float | None, *, usual_s: float = MIN_WAIT_S) -> None:
    """Note that requests wait, and why: once per wait, however many requests share it.

    `usual_s` is the assumed length of a wait of unknown length.
    """
    global _quiet_until
    now = time.monotonic()
    wait = usual_s if seconds is None else seconds
    with _lock:
        if not _listeners or wait < MIN_WAIT_S or now < _quiet_until:
            return
        _quiet_until = now + wait
    note(f"Waiting{'' if seconds is None else f' {seconds:,.0f} s'}: {reason}")
