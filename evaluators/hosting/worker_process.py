"""The process that a system runs in, with its guard and all processes it starts."""

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
    """A process that runs `locomo_vqa.worker`, in its own session if the platform has them.

    All its processes are killed together; when this process dies, a guard kills them.
    """

    def __init__(
        self,
        python: Path | None,
        log: Path | None,
        variables: Sequence[str] = (),
        sandbox: SandboxedWorker | None = None,
        home: Path | None = None,
    ) -> None:
        """Prepare a process, which gets `variables` and `home`; nothing is started yet.

        A sandbox has a home folder of its own.
        """
        mark = secrets.token_hex(16)
        self.tree = ProcessTree(mark, None)
        """The process and all processes it starts."""
        self._python = python
        self._log = log
        self._variables = tuple(variables)
        self._sandbox = sandbox
        self._home = home
        self._mark = mark
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()
        self._killed = False

    def start(self) -> None:
        """Start the process.

        Raises:
            OSError: the process can't be started.
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
        return launch_worker(self._python, self._mark, self._variables, self._home)

    @property
    def last_words(self) -> str:
        """The last line that the system printed."""
        return self._output.last if self._process else ""

    def started(self) -> list[psutil.Process]:
        """Return the running processes that the system started, except its own."""
        own = self._process
        if own is None:
            return []
        is_own = is_same_program if self._sandbox is None else is_of_sandbox
        return [process for process in self.tree.members() if not is_own(process, own)]

    def exchange(self, line: bytes, *, seconds: float, watch: Callable[[], None]) -> bytearray:
        """Send a request and return the reply; see `Channel.exchange`."""
        return self._channel.exchange(line, seconds=seconds, watch=watch)

    def note(self, text: str) -> None:
        """Write a note of the harness to the log."""
        self._output.note(text)

    def how_it_ended(self) -> str:
        """Return how the process ended, once its replies have stopped."""
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
            self.tree.session = None  # From now on, another process may get this id.
            self._output.finish()
            self._channel.close()
        if self._sandbox is not None:
            self._sandbox.stop()
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()  # type: ignore[union-attr]
