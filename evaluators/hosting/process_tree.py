"""All processes of one system: those of its session, and those that carry its mark.

The mark is a variable of the environment, so a process that left the session and its parents is
still found; one that did both and cleared its environment is not. Where there is no /proc, only
the process group is known.

Run as a script (the standard library only), this file is the guard of a system: it ends the
system's processes as soon as the process that started them is gone, however that ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

__all__ = ["MARK", "ProcessTree", "can_measure"]

MARK = "LOCOMO_VQA_HOSTED"
"""The variable that every process of a system inherits."""

_PROC = "/proc"
_ROUNDS = 200
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def can_measure() -> bool:
    """Tell whether the memory of other processes can be read here."""
    return os.path.exists(f"{_PROC}/self/statm")  # noqa: PTH110 - the guard starts without pathlib


class ProcessTree:
    """The processes of a session, and those that carry a mark."""

    def __init__(self, mark: str, session: int | None) -> None:
        self.session = session
        """The session's id, which is that of its first process; None where it is not known."""
        self._variable = f"{MARK}={mark}".encode()
        self._known: dict[tuple[int, str], bool] = {}

    def members(self) -> list[int]:
        """Return the ids of the processes that live."""
        with contextlib.suppress(OSError):
            names = os.listdir(_PROC)  # noqa: PTH208
            return [int(name) for name in names if name.isdigit() and self._is_member(int(name))]
        return []

    def memory(self) -> int:
        """Return the resident memory of all processes in bytes; shared pages count for each."""
        return sum(_resident(pid) for pid in self.members())

    def shared_memory(self) -> int:
        """Return the same with shared pages counted once; it takes the kernel longer."""
        return sum(_proportional(pid) for pid in self.members())

    def kill(self) -> None:
        """End every process; return when none lives, or after two seconds."""
        if self.session is not None:
            with contextlib.suppress(OSError):
                os.killpg(self.session, signal.SIGKILL)
        for _ in range(_ROUNDS):
            left = self.members()
            if not left:
                return
            for pid in left:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)

    def _is_member(self, pid: int) -> bool:
        fields = _read(pid, "stat").rpartition(b")")[2].split()
        if len(fields) < 20 or fields[0] in (b"Z", b"X") or pid == os.getpid():
            return False
        if int(fields[3]) == self.session:
            return True
        key = (pid, fields[19].decode())  # With the time it began, for ids are used again.
        if key not in self._known:
            self._known[key] = self._variable in _read(pid, "environ").split(b"\0")
        return self._known[key]


def _resident(pid: int) -> int:
    fields = _read(pid, "statm").split()
    return int(fields[1]) * _PAGE if len(fields) > 1 else 0


def _proportional(pid: int) -> int:
    for line in _read(pid, "smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) << 10
    return _resident(pid)


def _read(pid: int, name: str) -> bytes:
    """Return a file of a process, or nothing where it has ended or is somebody else's."""
    try:
        with open(f"{_PROC}/{pid}/{name}", "rb") as stream:  # noqa: PTH123
            return stream.read()
    except OSError:
        return b""


def _guard(mark: str) -> None:
    """Wait until the other end of the standard input is gone, then end what carries the mark."""
    session = None
    for line in sys.stdin.buffer:
        session = int(line)
    ProcessTree(mark, session).kill()


if __name__ == "__main__":
    _guard(sys.argv[1])
