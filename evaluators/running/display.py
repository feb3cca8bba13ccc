"""Shows the progress of a run: one bar for the run, and one for each active conversation."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from locomo_vqa.budget import Budget, spent_text
from locomo_vqa.progress import (
    ProgressCallback,
    callback_notes,
    progress_bars,
    progress_display,
    shows_bars,
)
from locomo_vqa.runs import FAILED, Prediction

from .listener import NullListener, RunListener

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["CallbackListener", "RunDisplay", "listening"]


@contextmanager
def listening(
    progress: bool | ProgressCallback, system: str, budget: Budget | None = None
) -> Iterator[RunListener]:
    """Yield a listener that shows bars, calls a function, or does nothing.

    Bars are shown on a terminal and in a notebook; elsewhere there is a line a minute. The run's
    bar counts questions, with their rate and the time left; a conversation's bar first counts the
    turns read, then the questions. What the calls have cost is shown where it is known.
    """
    if callable(progress):
        with callback_notes(progress):
            yield CallbackListener(progress, system)
    elif progress and shows_bars():
        with progress_display() as bars:
            yield RunDisplay(bars, system, budget)
    elif progress:
        with progress_bars(lambda: spent_text(budget)) as lines:
            yield CallbackListener(lines, system)
    else:
        yield NullListener()


class CallbackListener(NullListener):
    """Calls a function with the system's name, the number of finished questions, and the total."""

    def __init__(self, progress: ProgressCallback, system: str) -> None:
        self._progress = progress
        self._system = system
        self._lock = threading.Lock()
        self._total = 0
        self._done = 0

    def started(self, total: int, done: int) -> None:
        """Report the total number of questions."""
        self._total, self._done = total, done
        self._progress(self._system, done, total)

    def answered(self, conversation: str, prediction: Prediction) -> None:
        """Report another finished question."""
        with self._lock:
            self._done += 1
            done = self._done
        self._progress(self._system, done, self._total)


class RunDisplay:
    """A thread-safe `RunListener` that updates progress bars."""

    def __init__(self, bars: Progress, system: str, budget: Budget | None = None) -> None:
        from rich.markup import escape

        self._bars = bars
        self._system = escape(system)
        self._lock = threading.Lock()
        self._lines: dict[str, _ConversationLine] = {}
        self._failed = 0
        self._budget = budget
        self._whole = bars.add_task(self._system, total=None)

    def started(self, total: int, done: int) -> None:
        """Set the total number of questions."""
        self._bars.update(self._whole, total=total, completed=done)

    def begun(self, conversation: str, turns: int, questions: int) -> None:
        """Add a conversation's bar."""
        task = self._bars.add_task(f"  {conversation}: turns", total=turns)
        with self._lock:
            self._lines[conversation] = _ConversationLine(task, questions)

    def read(self, conversation: str, turns: int) -> None:
        """Advance a conversation's bar."""
        self._bars.update(self._lines[conversation].task, advance=turns)

    def answered(self, conversation: str, prediction: Prediction) -> None:
        """Advance a conversation's bar, which counts questions once the first is answered."""
        failed = prediction.state in FAILED
        line = self._lines[conversation]
        if not line.asking:
            self._bars.reset(line.task, total=line.questions)
            line.asking = True
        with self._lock:
            self._failed += failed
        line.failed += failed
        words = f"  {conversation}: questions{_failures_text(line.failed)}"
        self._bars.update(line.task, advance=1, description=words)
        spent = spent_text(self._budget)
        words = f"{self._system}{spent}{_failures_text(self._failed)}"
        self._bars.update(self._whole, advance=1, description=words)

    def ended(self, conversation: str) -> None:
        """Remove a conversation's bar."""
        with self._lock:
            line = self._lines.pop(conversation)
        self._bars.remove_task(line.task)


class _ConversationLine:
    """The state of a conversation's bar."""

    def __init__(self, task: TaskID, questions: int) -> None:
        self.task = task
        self.questions = questions
        self.asking = False
        self.failed = 0


def _failures_text(number: int) -> str:
    return f" [red]{number:,} failed[/]" if number else ""
