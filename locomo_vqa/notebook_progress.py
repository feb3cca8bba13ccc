"""Progress bars below a notebook cell, without the widgets that rich requires there."""

from __future__ import annotations

import io
import threading
from importlib import import_module
from typing import Any

from rich.console import Console
from rich.progress import Progress

__all__ = ["NotebookProgress"]

_REFRESH_S = 0.5
_WIDTH = 100
_HTML = '<pre style="line-height: normal">{code}</pre>'


class NotebookProgress(Progress):
    """A progress display whose bars are one output of the cell, replaced twice a second."""

    def start(self) -> None:
        """Start to show the bars."""
        if self.disable:
            return
        self._notebook: Any = import_module("IPython.display")
        self._handle: Any = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._refresh_until_ended, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Show the bars one last time, and stop."""
        if self.disable:
            return
        self._ended.set()
        self._thread.join()
        self._show()

    def _refresh_until_ended(self) -> None:
        while not self._ended.wait(_REFRESH_S):
            self._show()

    def _show(self) -> None:
        if not self.tasks:
            return
        console = Console(
            file=io.StringIO(), record=True, width=_WIDTH, force_jupyter=False, force_terminal=True
        )
        console.print(self.get_renderable())
        shown = self._notebook.HTML(console.export_html(inline_styles=True, code_format=_HTML))
        if self._handle is None:
            self._handle = self._notebook.display(shown, display_id=True)
        else:
            self._handle.update(shown)
