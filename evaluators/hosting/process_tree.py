"""Finds all processes of a system: every process in its session, and every one with its mark.

The mark is an environment variable, so a process that left its session and its parents is still
found, unless it also cleared its environment. Windows has no such sessions: there, a process that
cleared its environment is lost.

Run as a script, this file is a system's guard: it kills the system's processes as soon as the
process that started them ends, however it ends. It needs only the standard library until then, and
imports psutil to kill them.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import psutil

__all__ = ["MARK", "ProcessTree", "psutil_folder"]

MARK = "LOCOMO_VQA_HOSTED"
"""The environment variable that every process of a system inherits."""

_ROUNDS = 200
_PAUSE_S = 0.01


class ProcessTree:
    """The processes in a session, and the processes with a mark."""

    def __init__(self, mark: str, session: int | None) -> None:
        self.session = session
        """The session's id, which is the id of its first process; None if unknown."""
        self._mark = mark
        self._seen: dict[int, tuple[psutil.Process, bool]] = {}

    def members(self) -> list[psutil.Process]:
        """Return the processes that are running."""
        import psutil

        own = os.getpid()
        pids = [pid for pid in psutil.pids() if pid != own]
        seen = self._seen  # Another thread may be putting a newer one in its place.
        self._seen = {pid: seen[pid] for pid in pids if pid in seen}
        return [process for pid in pids if (process := self._find_member(pid)) is not None]

    def memory(self) -> int:
        """Return the resident memory of all processes in bytes, shared pages counted for each."""
        return sum(_resident(process) for process in self.members())

    def shared_memory(self) -> int:
        """Return the memory with shared pages counted once, which takes longer to compute."""
        return sum(_proportional(process) for process in self.members())

    def kill(self) -> None:
        """Kill every process; return when none is left, or after two seconds."""
        import psutil

        if self.session is not None:
            _kill_group(self.session)
        for _ in range(_ROUNDS):
            left = self.members()
            if not left:
                return
            for process in left:
                with contextlib.suppress(psutil.Error, OSError):
                    process.kill()
            time.sleep(_PAUSE_S)

    def _find_member(self, pid: int) -> psutil.Process | None:
        import psutil

        try:
            process, marked = self._seen.get(pid) or (None, False)
            if process is None or not process.is_running():  # Process ids are reused.
                process = psutil.Process(pid)
                marked = _environment(process).get(MARK) == self._mark
                self._seen[pid] = (process, marked)
            if not marked and not self._in_session(pid):
                return None
            alive = process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
        except psutil.Error:
            return None
        return process if alive else None

    def _in_session(self, pid: int) -> bool:
        return self.session is not None and _session_of(pid) == self.session


def _kill_group(group: int) -> None:
    """Kill a process group in one step, which Windows can't do."""
    import signal

    kill, how = getattr(os, "killpg", None), getattr(signal, "SIGKILL", None)
    if kill is not None and how is not None:
        with contextlib.suppress(OSError):
            kill(group, how)


def _session_of(pid: int) -> int | None:
    """Return the session of a process; None if the process is gone, and on Windows."""
    session_of = getattr(os, "getsid", None)
    if session_of is None:
        return None
    try:
        return int(session_of(pid))
    except OSError:
        return None


def psutil_folder() -> str:
    """Return the folder in which the guard, which starts without packages, finds psutil."""
    import psutil

    return os.path.dirname(os.path.dirname(psutil.__file__))  # noqa: PTH120


def _environment(process: psutil.Process) -> dict[str, str]:
    """Return a process's environment; empty if it belongs to another user."""
    import psutil

    try:
        return process.environ()
    except (psutil.AccessDenied, OSError):
        return {}


def _resident(process: psutil.Process) -> int:
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _proportional(process: psutil.Process) -> int:
    """Return a process's share of memory: PSS on Linux, elsewhere its unique memory."""
    import psutil

    try:
        memory = process.memory_full_info()
    except (psutil.Error, OSError):
        return _resident(process)
    return int(getattr(memory, "pss", 0) or getattr(memory, "uss", 0) or memory.rss)


def _kill_when_abandoned(mark: str, packages: str) -> None:
    """Wait until the other end of standard input closes, then kill everything with the mark."""
    session = None
    for line in sys.stdin.buffer:
        session = int(line)
    sys.path.append(packages)
    ProcessTree(mark, session).kill()


if __name__ == "__main__":
    _kill_when_abandoned(sys.argv[1], sys.argv[2])
