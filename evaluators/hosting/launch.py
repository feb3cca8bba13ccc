"""Starts a system's process and its guard, and describes how a process ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .environment import system_environment
from .private_home import with_private_home
from .process_tree import MARK, psutil_folder

if TYPE_CHECKING:
    import psutil

__all__ = [
    "describe_end",
    "is_same_program",
    "launch_guard",
    "launch_worker",
    "own_group",
    "prefer_to_be_killed",
    "program_of",
    "start_process",
    "worker_environment",
    "worker_file",
]

_SIGNALLED = 128
_GUARD = Path(__file__).with_name("process_tree.py")


def launch_guard(mark: str) -> subprocess.Popen[bytes]:
    """Start the guard, which kills every process with the mark when its standard input closes.

    It reads the system's session from a line with the id of the system's first process.
    """
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_GUARD), mark, psutil_folder()],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **own_group(),
        env=system_environment(),
        bufsize=0,
    )


def launch_worker(
    python: Path | None, mark: str, variables: Sequence[str] = (), home: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start `locomo_vqa.worker` with this interpreter or another environment's.

    It starts in the temporary folder, with a minimal environment to which `variables` are added;
    `home` is the folder that takes the place of the user's home and temporary folders.

    Raises:
        OSError: the interpreter can't be started.
    """
    command = [program_of(python), worker_file()]
    environment = worker_environment(python, variables)
    if home is not None:
        environment = with_private_home(environment, home, variables)
    return start_process(command, environment, mark)


def worker_environment(python: Path | None, variables: Sequence[str] = ()) -> dict[str, str]:
    """Return the environment of a system's process in an interpreter."""
    environment = system_environment(variables)
    if python is not None:
        environment.pop("PYTHONHOME", None)
    return environment


def start_process(
    command: Sequence[str],
    environment: Mapping[str, str],
    mark: str,
    descriptors: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a marked process that is spoken to through pipes; it inherits `descriptors`.

    Raises:
        OSError: it can't be started.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=descriptors,
        **own_group(),
        env={**environment, MARK: mark},
        cwd=tempfile.gettempdir(),
        bufsize=0,
    )


def own_group() -> Mapping[str, Any]:
    """Return the options of `Popen` that keep Ctrl-C at the terminal from a process.

    The process gets its own session or, on Windows, its own process group.
    """
    if hasattr(os, "setsid"):
        return {"start_new_session": True}
    return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}


def prefer_to_be_killed(pid: int) -> None:
    """Make Linux kill this process instead of the harness when memory runs out."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("500")


def is_same_program(process: psutil.Process, started: subprocess.Popen[bytes]) -> bool:
    """Return whether a process runs the program that was started.

    On Windows, the `python.exe` of a virtual environment starts the interpreter in a second process
    with the same arguments. Elsewhere, such a process is a fork.
    """
    import psutil

    if process.pid == started.pid or hasattr(os, "fork"):
        return process.pid == started.pid
    assert isinstance(started.args, list)
    try:
        return process.cmdline()[-len(started.args) + 1 :] == started.args[1:]
    except psutil.Error:
        return False


def describe_end(process: subprocess.Popen[bytes], *, sandboxed: bool = False) -> str:
    """Return how a system's process ended, once its replies have stopped.

    A sandbox ends with the status of the process in it: 128 and the signal, if it was killed.
    """
    try:
        status = process.wait(1)
    except subprocess.TimeoutExpired:
        return "the system's process no longer reads requests"
    if sandboxed and status > _SIGNALLED:
        status = _SIGNALLED - status
    if status >= 0:
        return f"the system's process ended (exit status {status})"
    with contextlib.suppress(ValueError):
        return f"the system's process ended ({signal.Signals(-status).name})"
    return f"the system's process ended (signal {-status})"


def program_of(python: Path | None) -> str:
    """Return an interpreter's path in a form that doesn't depend on the working directory."""
    text = str(python or sys.executable)
    return text if Path(text).name == text else str(Path(text).absolute())


def worker_file() -> str:
    """Return the path of `locomo_vqa.worker`."""
    spec = find_spec("locomo_vqa.worker")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).resolve())
