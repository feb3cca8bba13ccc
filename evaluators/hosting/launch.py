"""Starts a system's process and the guard beside it, and says how a process ended."""

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
]

_GUARD = Path(__file__).with_name("process_tree.py")


def launch_guard(mark: str) -> subprocess.Popen[bytes]:
    """Start the guard, which kills every process with a mark when its standard input closes.

    It learns the system's session from a line with the id of its first process.
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
    python: Path | None, mark: str, variables: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """Start `locomo_vqa.worker`, in this interpreter or in that of another environment.

    It starts in the folder for temporary files, and with a minimal environment, to which
    `variables` are added.

    Raises:
        OSError: the interpreter can't be started.
    """
    environment = system_environment(variables)
    if python is not None:
        environment.pop("PYTHONHOME", None)
    return subprocess.Popen(
        [_program(python), _worker()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **own_group(),
        env={**environment, MARK: mark},
        cwd=tempfile.gettempdir(),
        bufsize=0,
    )


def own_group() -> Mapping[str, Any]:
    """Return the options of `Popen` that keep Ctrl-C at the terminal from a process.

    The process gets a session of its own, or, on Windows, a process group.
    """
    if hasattr(os, "setsid"):
        return {"start_new_session": True}
    return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}


def prefer_to_be_killed(pid: int) -> None:
    """Make Linux kill a process, and not the harness, when memory runs out."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("500")


def is_same_program(process: psutil.Process, started: subprocess.Popen[bytes]) -> bool:
    """Return whether a process is the program that was started here.

    On Windows the `python.exe` of a virtual environment starts the interpreter, with the same
    arguments, in a second process. Elsewhere such a process is a fork.
    """
    import psutil

    if process.pid == started.pid or hasattr(os, "fork"):
        return process.pid == started.pid
    assert isinstance(started.args, list)
    try:
        return process.cmdline()[-len(started.args) + 1 :] == started.args[1:]
    except psutil.Error:
        return False


def describe_end(process: subprocess.Popen[bytes]) -> str:
    """Return how a system's process ended, whose replies ended."""
    try:
        status = process.wait(1)
    except subprocess.TimeoutExpired:
        return "the system's process no longer reads requests"
    if status >= 0:
        return f"the system's process ended (exit status {status})"
    with contextlib.suppress(ValueError):
        return f"the system's process ended ({signal.Signals(-status).name})"
    return f"the system's process ended (signal {-status})"


def _program(python: Path | None) -> str:
    """Return an interpreter's path, which must not depend on the working directory."""
    text = str(python or sys.executable)
    return text if Path(text).name == text else str(Path(text).absolute())


def _worker() -> str:
    spec = find_spec("locomo_vqa.worker")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).resolve())
