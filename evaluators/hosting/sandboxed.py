"""Starts a system's process in a sandbox, and identifies the sandbox's own processes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .launch import program_of, start_process, worker_environment, worker_file
from .sandbox import Gateway, Sandbox
from .sandbox.command import sandbox_command, sandbox_environment
from .sandbox.interpreter import interpreter_program, module_files

if TYPE_CHECKING:
    import psutil

__all__ = ["SandboxedWorker", "is_of_sandbox"]

_NAME_HERE_WITHIN = 3
_FIRST_PIDS = ("1", "2")
"""The process ids, within a sandbox, of its tool and the worker."""


class SandboxedWorker:
    """Starts `locomo_vqa.worker` in a sandbox, once, and forwards its connections to the proxy."""

    def __init__(self, sandbox: Sandbox, folder: Path | None, module: str) -> None:
        """Prepare a sandbox in which a module of a folder, or of this one, can be imported."""
        self._sandbox = sandbox
        self._folder = folder
        self._module = module
        self._gateway: Gateway | None = None

    def launch(
        self, python: Path | None, mark: str, variables: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        """Start the process.

        Raises:
            OSError: the process can't be started.
        """
        environment = worker_environment(python, variables)
        given = [Path(environment[name]) for name in variables if name in environment]
        program = program_of(python)
        if not os.path.isabs(program):  # noqa: PTH117
            program = shutil.which(program, path=environment.get("PATH")) or program
        program = interpreter_program(program)
        if self._sandbox.reachable is not None:
            self._gateway = Gateway(self._sandbox.reachable)
        prepared = sandbox_command(
            self._sandbox,
            (program, worker_file()),
            files=(
                Path(worker_file()),
                *module_files(self._folder or Path.cwd(), self._module.partition(".")[0]),
                *(path for path in given if path.is_absolute()),
            ),
            environment=environment,
            inside=None if self._gateway is None else self._gateway.inside.fileno(),
        )
        try:
            started = start_process(
                prepared.command,
                sandbox_environment(environment),
                mark,
                prepared.descriptors,
            )
        finally:
            os.close(prepared.arguments)
        if self._gateway is not None:
            self._gateway.start()
        return started

    def stop(self) -> None:
        """Stop forwarding connections, after the process has ended."""
        if self._gateway is not None:
            self._gateway.stop()


def is_of_sandbox(process: psutil.Process, started: subprocess.Popen[bytes]) -> bool:
    """Return whether a process is the sandbox's tool or the worker.

    The worker is the second process in its namespace, whatever it forks.
    """
    if process.pid == started.pid:
        return True
    try:
        text = Path(f"/proc/{process.pid}/status").read_text(errors="replace")
    except OSError:
        return False
    lines = (line.split() for line in text.splitlines() if line.startswith("NSpid:"))
    numbers = next(lines, [])
    return len(numbers) == _NAME_HERE_WITHIN and numbers[2] in _FIRST_PIDS
