"""The progress of a run on a terminal: the whole, and a line for each conversation in work."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from locomo_vqa.progress import progress_display
from locomo_vqa.runs import FAILED, Prediction, Run

from ..running.harness import Harness

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["RunDisplay", "run_with_progress"]


def run_with_progress(harness: Harness, *, retry_failed: bool = False) -> Run:
    """Run, and show how it gets on where the standard error is a terminal.

    The line of the whole run counts questions, with their rate and the time left; that of a
    conversation counts first the turns that were read and then the questions.
    """
    with progress_display() as bars:
        listener = RunDisplay(bars, harness.system.name)
        return harness.run(retry_failed=retry_failed, listener=listener)


class RunDisplay:
    """A `RunListener` that moves bars; threads may share it."""

    def __init__(self, bars: Progress, system: str) -> None:
        from rich.markup import escape

        self._bars = bars
        self._system = escape(system)
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = {}
        self._failed = 0
        self._whole = bars.add_task(self._system, total=None)

    def started(self, total: int, done: int) -> None:
        """Set the whole run's length."""
        self._bars.update(self._whole, total=total, completed=done)

    def begun(self, conversation: str, turns: int, questions: int) -> None:
        """Add a conversation's line."""
        task = self._bars.add_task(f"  {conversation}: turns", total=turns)
        with self._lock:
            self._lines[conversation] = _Line(task, questions)

    def read(self, conversation: str, turns: int) -> None:
        """Move a conversation's line."""
        self._bars.update(self._lines[conversation].task, advance=turns)

    def answered(self, conversation: str, prediction: Prediction) -> None:
        """Move a conversation's line, which counts questions from the first one on."""
        failed = prediction.state in FAILED
        line = self._lines[conversation]
        if not line.asking:
            self._bars.reset(line.task, total=line.questions)
            line.asking = True
        with self._lock:
            self._failed += failed
        line.failed += failed
        words = f"  {conversation}: questions{_failures(line.failed)}"
        self._bars.update(line.task, advance=1, description=words)
        words = f"{self._system}{_failures(self._failed)}"
        self._bars.update(self._whole, advance=1, description=words)

    def ended(self, conversation: str) -> None:
        """Take a conversation's line away."""
        with self._lock:
            line = self._lines.pop(conversation)
        self._bars.remove_task(line.task)


class _Line:
    """A conversation's line."""

    def __init__(self, task: TaskID, questions: int) -> None:
        self.task = task
        self.questions = questions
        self.asking = False
        self.failed = 0


def _failures(number: int) -> str:
    return f" [red]{number:,} failed[/]" if number else ""
