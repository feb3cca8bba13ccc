"""How long calls report progress, and the bars that show it on a terminal or in a notebook."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from locomo_vqa.errors import InputError
from locomo_vqa.notes import listening_to_notes
from locomo_vqa.progress_lines import ProgressLines
from locomo_vqa.text import printable

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = [
    "ProgressCallback",
    "callback_notes",
    "check_progress",
    "ignore_progress",
    "progress_bars",
    "progress_display",
    "progress_reporter",
    "shows_bars",
]

ProgressCallback: TypeAlias = Callable[[str, int, int | None], None]
"""Called with the name of a step, how many items of it are done, and how many there are in all
(None: unknown). It may be called from several threads.

A note, such as that an endpoint asks to wait, is reported as a separate step, with 0 and None."""


def ignore_progress(step: str, done: int, total: int | None) -> None:
    """Show nothing: the `ProgressCallback` of a silent call."""


def check_progress(name: str, value: object) -> None:
    """Check that a parameter says whether progress is shown, or is a `ProgressCallback`.

    Raises:
        InputError: it is neither a flag nor a function.
    """
    if not isinstance(value, bool) and not callable(value):
        raise InputError(
            f"`{name}` must be True, False or a function, not {value!r}.", f"Correct `{name}`."
        )


@contextmanager
def progress_display() -> Iterator[Progress]:
    """Yield a progress display with count, rate and time left.

    It is shown on standard error if that is a terminal, and below the cell in a notebook.
    Elsewhere, such as in a pipe, `progress_bars` writes a line a minute. If the environment
    variable LOCOMO_VQA_QUIET is set, nothing is shown. Notes (see
    `locomo_vqa.notes`) are lines above the bars, and are written even without bars.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Finished steps per second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.1f}/s", style="progress.data.speed")

    display_class: type[Progress] = Progress
    console = Console(stderr=True)
    notebook = _in_notebook()
    if notebook:
        from locomo_vqa.notebook_progress import NotebookProgress

        display_class = NotebookProgress
    shown = notebook or console.is_terminal
    quiet = _is_quiet()

    def write(text: str) -> None:
        if not quiet:
            console.print(text, markup=False, emoji=False, highlight=False, soft_wrap=not shown)

    with (
        display_class(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            disable=not shown or quiet,
        ) as display,
        listening_to_notes(write),
    ):
        yield display


def shows_bars() -> bool:
    """Return whether `progress_display` draws bars, rather than nothing."""
    from rich.console import Console

    return not _is_quiet() and (_in_notebook() or Console(stderr=True).is_terminal)


@contextmanager
def progress_bars(more: Callable[[], str] | None = None) -> Iterator[ProgressCallback]:
    """Yield a callback that shows a bar for each step, or a line a minute where bars can't be.

    `more` returns what a line says after the step's name.
    """
    with progress_display() as display:
        if not shows_bars():
            yield ignore_progress if _is_quiet() else ProgressLines(_write_line, more=more)
            return
        tasks: dict[str, Any] = {}

        def show(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                tasks[step] = display.add_task(step, total=total)
            words = f"{step}{more() if more else ''}"
            display.update(tasks[step], completed=done, total=total, description=words)

        yield show


@contextmanager
def progress_reporter(
    progress: bool | ProgressCallback, more: Callable[[], str] | None = None
) -> Iterator[ProgressCallback]:
    """Yield what the `progress` of a public call asks for: bars, nothing, or the given callback.

    `more` returns what bars and lines say after a step's name.
    """
    if progress is True:
        with progress_bars(more) as show:
            yield show
    elif progress is False:
        yield ignore_progress
    else:
        with callback_notes(progress):
            yield progress


@contextmanager
def callback_notes(progress: ProgressCallback) -> Iterator[None]:
    """Report notes to a callback until the block ends."""
    with listening_to_notes(lambda text: progress(text, 0, None)):
        yield


def _write_line(text: str) -> None:
    sys.stderr.write(f"{printable(text)}\n")
    sys.stderr.flush()


def _is_quiet() -> bool:
    return bool(os.environ.get("LOCOMO_VQA_QUIET"))


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and shell.__class__.__name__ == "ZMQInteractiveShell"
