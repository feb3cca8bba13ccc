"""Runs commands that die by `kill -9` at a chosen moment, so that every moment can be tried.

A moment is a call of the operating system that changes what is on the disk: a file that is opened
for writing, a name that appears, changes or goes, bytes that are flushed, and what goes into an
SQLite file. Calls outside one folder don't count. A process that imported everything once forks
for each command, so that a try costs no more than the command's own work.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Commands", "Ended", "commands"]

_CHANGING = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    status: int
    """Its exit status; -9 where it died at the chosen moment."""
    moments: tuple[str, ...]
    """What it did to the disk before it ended."""
    said: str
    """What it printed."""


class Commands:
    """Runs commands in a folder, each in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(
        self,
        *arguments: str | Path,
        root: Path,
        die_at: int | None = None,
        **environment: str,
    ) -> Ended:
        """Run `locomo-vqa` in a folder; it dies before the moment number `die_at`, from 0."""
        log, said = root.with_name(f"{root.name}.moments"), root.with_name(f"{root.name}.said")
        order = {
            "arguments": [str(argument) for argument in arguments],
            "root": str(root),
            "die_at": die_at,
            "environment": environment,
            "log": str(log),
            "said": str(said),
        }
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        moments = tuple(log.read_text(encoding="utf-8", errors="replace").splitlines())
        return Ended(status, moments, said.read_text(encoding="utf-8", errors="replace"))


@contextmanager
def commands(*modules: str) -> Iterator[Commands]:
    """Yield a runner of commands whose processes have these modules imported already."""
    process = subprocess.Popen(
        [sys.executable, "-P", __file__, "locomo_vqa.cli", *modules],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Commands(process)
    finally:
        process.kill()
        process.communicate()


def _serve(modules: Sequence[str]) -> None:
    for module in modules:
        __import__(module)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _obey(order)
        _, status = os.waitpid(child, 0)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(status))


def _obey(order: Mapping[str, Any]) -> None:
    """Be the command, in the child process."""
    status = 70
    try:
        for number, path in ((0, os.devnull), (1, order["said"]), (2, order["said"])):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
            if number == 1:
                flags |= os.O_TRUNC
            os.dup2(os.open(path, flags, 0o600), number)
        os.chdir(order["root"])
        os.environ.update(order["environment"])
        tempfile.tempdir = os.environ["TMPDIR"]  # Python would try it with a file first.
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        _Killer(order["root"], order["die_at"], log).watch()
        from locomo_vqa.cli import main

        main(order["arguments"])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


class _Killer:
    """Counts the moments of this process, and ends it before one of them."""

    def __init__(self, root: str, die_at: int | None, log: int) -> None:
        self._root = root
        self._die_at = die_at
        self._log = log
        self._count = 0

    def watch(self) -> None:
        from locomo_vqa import sqlite_file

        sys.addaudithook(self._hear)
        fsync, do = os.fsync, sqlite_file.SqliteFile.do

        def counted_fsync(handle: Any) -> None:
            self._moment("fsync")
            fsync(handle)

        def counted_do(file: Any, work: Any) -> Any:
            self._moment(f"sqlite {file.path.name}")
            return do(file, work)

        os.fsync = counted_fsync
        sqlite_file.SqliteFile.do = counted_do  # type: ignore[method-assign]

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            writes = flags & (os.O_WRONLY | os.O_RDWR) if isinstance(flags, int) else 0
            if not writes or not isinstance(path, str | bytes | os.PathLike):
                return
        elif event in _CHANGING:
            path = arguments[0]
        else:
            return
        name = self._root if isinstance(path, int) else str(Path(self._root, os.fsdecode(path)))
        if name.startswith(self._root):
            self._moment(f"{event} {name.removeprefix(self._root)}")

    def _moment(self, what: str) -> None:
        if self._count == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self._count += 1
        os.write(self._log, f"{what}\n".encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    _serve(sys.argv[1:])
