"""Runs commands that die by `kill -9`, or find the disk full, at a moment: each can be tried.

A moment is a call of the operating system that changes what is on the disk: a file that is opened
for writing, a name that appears, changes or goes, bytes that are flushed, and what goes into an
SQLite file. Calls outside one folder don't count. A process that imported everything once forks
for each command, so that a try costs no more than the command's own work.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["Commands", "Ended", "commands"]

_SECONDS = 60
"""How long a command may compute."""
_KEPT = {
    *("locomo_vqa", "builders", "evaluators", "leaderboard", "PIL", "huggingface_hub", "httpx"),
    *("httpcore", "jinja2", "jsonschema", "matplotlib", "numpy", "openai", "pandas", "pyarrow"),
    *("rich", "scipy", "starlette", "uvicorn", "yaml", "onnxruntime", "tokenizers", "datasets"),
    *sys.stdlib_module_names,
}
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
    peak_mb: int
    """The most memory that it had, with what was imported before."""


class Commands:
    """Runs commands in a folder, each in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(
        self,
        *arguments: str | Path,
        root: Path,
        die_at: int | None = None,
        full_at: int | None = None,
        **environment: str,
    ) -> Ended:
        """Run `locomo-vqa` in a folder; it dies before the moment number `die_at`, from 0.

        From the moment number `full_at` on, the disk has no room. After a minute of computing it
        ends by SIGXCPU.
        """
        order = _order(arguments, root, environment, die_at=die_at, full_at=full_at)
        return self._give([order])[0]

    def run_beside(
        self,
        first: Sequence[str | Path],
        second: Sequence[str | Path],
        *,
        root: Path,
        pause_at: int,
        **environment: str,
    ) -> list[Ended]:
        """Run two commands in a folder; the first pauses before a moment until the second ended.

        If the second waits for it, it goes on after a second.
        """
        orders = [
            _order(first, root, environment, pause_at=pause_at),
            _order(second, root, environment, name="second"),
        ]
        return self._give(orders)

    def _give(self, orders: Sequence[Mapping[str, Any]]) -> list[Ended]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(orders) + "\n")
        self._process.stdin.flush()
        ended = []
        for order in orders:
            status, peak = map(int, self._process.stdout.readline().split())
            moments, said = (_read(order[name]) for name in ("log", "said"))
            ended.append(Ended(status, tuple(moments.splitlines()), said, peak))
        return ended


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8", errors="replace")


def _order(
    arguments: Sequence[str | Path],
    root: Path,
    environment: Mapping[str, str],
    *,
    name: str = "first",
    **moments: int | None,
) -> dict[str, Any]:
    beside = root.with_name(f"{root.name}.{name}")
    return {
        "arguments": [str(argument) for argument in arguments],
        "root": str(root),
        "environment": dict(environment),
        "log": f"{beside}.moments",
        "said": f"{beside}.said",
        "modules": f"{beside}.modules",
        "paused": f"{beside}.paused",
        "moments": moments,
    }


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
        orders = json.loads(line)
        children: list[int] = []
        for order in orders:
            if children:
                _wait_until_paused(children[0], Path(orders[0]["paused"]))
            child = os.fork()
            if not child:
                _obey(order)
            children.append(child)
        ended = [os.wait4(child, 0) for child in reversed(children[1:])]
        Path(orders[0]["paused"]).unlink(missing_ok=True)
        ended.append(os.wait4(children[0], 0))
        for order in orders:
            _import_too(Path(order["modules"]))
        for _, status, used in reversed(ended):
            os.write(1, b"%d %d\n" % (os.waitstatus_to_exitcode(status), used.ru_maxrss // 1024))


def _wait_until_paused(child: int, paused: Path) -> None:
    """Wait until a process pauses, or has ended; it stays to be waited for."""
    while not paused.exists():
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
        time.sleep(0.002)


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
        import resource  # Windows doesn't have it.

        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, 2 * _SECONDS))
        _Watch(order["root"], log, Path(order["paused"]), **order["moments"]).begin()
        from locomo_vqa.cli import main

        main(order["arguments"])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        Path(order["modules"]).write_text("\n".join(sys.modules), encoding="utf-8")
        os._exit(status)


def _import_too(listed: Path) -> None:
    """Import what a command imported, so that the next ones don't have to."""
    if listed.exists():
        for name in listed.read_text(encoding="utf-8").split():
            if name.partition(".")[0] in _KEPT:
                with contextlib.suppress(Exception):
                    importlib.import_module(name)
        listed.unlink()


class _Watch:
    """Counts the moments of this process; at one of them it ends, pauses, or the disk is full."""

    def __init__(
        self,
        root: str,
        log: int,
        paused: Path,
        *,
        die_at: int | None = None,
        full_at: int | None = None,
        pause_at: int | None = None,
    ) -> None:
        self._root = root
        self._log = log
        self._paused = paused
        self._die_at = die_at
        self._full_at = full_at
        self._pause_at = pause_at
        self._count = 0

    def begin(self) -> None:
        from locomo_vqa import sqlite_file

        sys.addaudithook(self._hear)
        fsync, do = os.fsync, sqlite_file.SqliteFile.do

        def counted_fsync(handle: Any) -> None:
            self._moment("fsync")
            fsync(handle)

        def counted_do(file: Any, work: Any) -> Any:
            try:
                self._moment(f"sqlite {file.path.name}")
            except OSError:
                return do(file, _fill)
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
        if name == self._root or name.startswith(f"{self._root}/"):
            self._moment(f"{event} {name.removeprefix(self._root)}")

    def _moment(self, what: str) -> None:
        if self._count == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self._count += 1
        if self._count - 1 == self._pause_at:
            self._pause()
        os.write(self._log, f"{what}\n".encode("utf-8", "surrogateescape"))
        if self._full_at is not None and self._count > self._full_at and _needs_room(what):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _pause(self) -> None:
        self._paused.touch()
        for _ in range(100):
            if not self._paused.exists():
                break
            time.sleep(0.01)
        self._paused.unlink(missing_ok=True)


def _needs_room(moment: str) -> bool:
    return moment.split(" ")[0] in ("open", "fsync", "sqlite", "os.mkdir", "os.link")


def _fill(connection: sqlite3.Connection) -> NoReturn:
    """Let SQLite itself say that its file can't grow."""
    connection.execute("PRAGMA max_page_count = 1")
    connection.execute("CREATE TABLE more (room)")
    raise AssertionError("there was room")


if __name__ == "__main__":
    _serve(sys.argv[1:])
