"""Progress as lines of text, a line a minute, where there is no terminal to draw bars on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["EVERY_S", "ProgressLines"]

EVERY_S = 60.0
"""How many seconds pass between two lines; a shorter command prints none."""


@dataclass(slots=True)
class _Step:
    begun: float
    before: int
    done: int = 0
    total: int | None = None


class ProgressLines:
    """A `ProgressCallback` that writes a line about the current step at most once a minute."""

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        more: Callable[[], str] | None = None,
    ) -> None:
        """Write nothing yet; `clock` returns seconds, `more` what follows a step's name."""
        self._write = write
        self._clock = clock
        self._more = more
        self._steps: dict[str, _Step] = {}
        self._last = clock()
        self._lock = threading.Lock()

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """Take note of a step's progress, and write it if a minute has passed."""
        with self._lock:
            now = self._clock()
            state = self._steps.setdefault(step, _Step(begun=now, before=done))
            state.done, state.total = done, total
            due = now - self._last >= EVERY_S
            if due:
                self._last = now
        if due:
            self._write(_line(f"{step}{self._more() if self._more else ''}", state, now))


def _line(name: str, step: _Step, now: float) -> str:
    of = "" if step.total is None else f" of {step.total:,}"
    text = f"{name}: {step.done:,}{of}"
    took, made = now - step.begun, step.done - step.before
    if took <= 0 or made <= 0 or step.total is None or step.done >= step.total:
        return text
    left = (step.total - step.done) * took / made
    return f"{text}, about {_duration(left)} left"


def _duration(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
