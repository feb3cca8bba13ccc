"""The process that a system runs in, with the guard beside it and all processes it starts."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .channel import Channel
from .launch import (
    describe_end,
    is_same_program,
    launch_guard,
    launch_worker,
    prefer_to_be_killed,
)
from .output import Output
from .process_tree import ProcessTree
from .sandboxed import SandboxedWorker, is_of_sandbox

if TYPE_CHECKING:
    import psutil

__all__ = ["WorkerProcess"]


class WorkerProcess:
    """A process with `locomo_vqa.worker`; it has its own session where there are sessions.

    All its processes are killed together, and, by a guard, when this process dies.
    """

    def __init__(
        self,
        python: Path | None,
        log: Path | None,
        variables: Sequence[str] = (),
        sandbox: SandboxedWorker | None = None,
    ) -> None:
        """Prepare a process; nothing is started yet. `variables` are handed on to it."""
        mark = secrets.token_hex(16)
        self.tree = ProcessTree(mark, None)
        """The process and all that it starts."""
        self._python = python
        self._log = log
        self._variables = tuple(variables)
        self._sandbox = sandbox
        self._mark = mark
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()
        self._killed = False

    def start(self) -> None:
        """Start the process.

        Raises:
            OSError: it can't be started.
        """
        with self._starting:
            if self._killed:
                raise InterruptedError(0, "the run was ended")
            self._guard = launch_guard(self._mark)
            self._process = self._launch()
            self.tree.session = self._process.pid
            with contextlib.suppress(OSError):
                self._guard.stdin.write(b"%d\n" % self._process.pid)  # type: ignore[union-attr]
        prefer_to_be_killed(self._process.pid)
        if self._log is not None:
            self._log.unlink(missing_ok=True)
        assert self._process.stderr is not None
        self._output = Output(self._process.stderr, self._log)
        self._output.start()
        self._channel = Channel(self._process)

    def _launch(self) -> subprocess.Popen[bytes]:
        if self._sandbox is not None:
            return self._sandbox.launch(self._python, self._mark, self._variables)
        return launch_worker(self._python, self._mark, self._variables)

    @property
    def last_words(self) -> str:
        """The last line that the system printed."""
        return self._output.last if self._process else ""

    def started(self) -> list[psutil.Process]:
        """Return the living processes that the system started, without its own."""
        own = self._process
        if own is None:
            return []
        is_own = is_same_program if self._sandbox is None else is_of_sandbox
        return [process for process in self.tree.members() if not is_own(process, own)]

    def exchange(self, line: bytes, *, seconds: float, watch: Callable[[], None]) -> bytearray:
        """Send a request and return the reply; see `Channel.exchange`."""
        return self._channel.exchange(line, seconds=seconds, watch=watch)

    def note(self, text: str) -> None:
        """Write a text to the log that is not the system's."""
        self._output.note(text)

    def how_it_ended(self) -> str:
        """Return how a process ended whose replies ended."""
        assert self._process is not None
        if self._killed:
            return "the system was ended"
        return describe_end(self._process, sandboxed=self._sandbox is not None)

    def kill(self) -> None:
        """Kill every process of the system; callable from any thread."""
        with self._starting:
            self._killed = True
        if self._process is not None:
            self.tree.kill()

    def end(self) -> None:
        """Kill every process of the system and close the pipes."""
        self.kill()
        if self._process is not None:
            self._process.wait()
            self.tree.session = None  # From now on another process may get that id.
            self._output.finish()
            self._channel.close()
        if self._sandbox is not None:
            self._sandbox.stop()
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()  # type: ignore[union-attr]
