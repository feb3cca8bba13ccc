"""A system in its own process, with this interpreter or another."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa._version import __version__
from locomo_vqa.system import (
    ConversationInfo,
    Hit,
    RecalledImage,
    Services,
    ShownImage,
    ShownTurn,
)
from locomo_vqa.worker import plain_answer

from .base import DEFAULT_LIMITS, Limits, PlainAnswer
from .channel import Channel
from .isolation import Failure, call_contained
from .launch import describe_end, launch_guard, launch_worker, prefer_to_be_killed
from .outcomes import hits_of
from .output import Output
from .process_tree import ProcessTree
from .wire import encode

if TYPE_CHECKING:
    import psutil

__all__ = ["ProcessHost"]

_MEASURE_S = 0.25
"""How often memory is measured."""
_GB = 1e9


class ProcessHost:
    """A `module:Class` behind `locomo_vqa.worker`, with every process it starts.

    The process has its own session. All its processes are killed together: at the end, when a call
    takes too long, when they use too much memory, and, by a guard, when this process dies.
    """

    def __init__(
        self,
        system: str,
        *,
        python: Path | None = None,
        folder: Path | None = None,
        limits: Limits = DEFAULT_LIMITS,
        log: Path | None = None,
    ) -> None:
        """Prepare a host; nothing is started yet.

        Args:
            python: the interpreter of another environment.
            folder: where modules are searched first; None for the working directory.
            limits: time and memory.
            log: the file for what the system prints.
        """
        self.description: Mapping[str, Any] = {}
        """After `start`: the class's description; see `locomo_vqa.worker.describe`."""
        self._system = system
        self._python = python
        self._folder = folder
        self._interpreter = str(python or sys.executable)
        self._limits = limits
        self._log = log
        self._mark = secrets.token_hex(16)
        self._tree = ProcessTree(self._mark, None)
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()
        self._killed = False
        self._number = 0
        self._measured = 0.0
        self._failure: Failure | None = None

    def start(self) -> Failure | None:
        """Start the process and import the system's class."""
        try:
            folder = str(self._folder) if self._folder else os.getcwd()  # noqa: PTH109
            self._spawn()
        except OSError as error:
            self._failure = _ended(f"{self._interpreter}: can't be started ({error.strerror})")
            return self._failure
        found = self._call(
            "start",
            self._limits.read_s,
            system=self._system,
            paths=[str(path) for path in sys.path] if self._python is None else [],
            folder=folder,
            version=__version__,
        )
        if isinstance(found, Failure):
            return found
        self.description = found
        if "missing" in found:
            reason = found["reason"] or f"the class {self._system.partition(':')[2]} is not found"
            return Failure(state="error", reason=reason, unreachable=False)
        return None

    @property
    def last_words(self) -> str:
        """The last line that the system printed."""
        return self._output.last if self._process else ""

    def started(self) -> list[psutil.Process]:
        """Return the living processes that the system started, without its own."""
        own = self._process.pid if self._process is not None else None
        return [process for process in self._tree.members() if process.pid != own]

    def open(
        self, conversation: ConversationInfo, workdir: Path, services: Services
    ) -> Failure | None:
        """Make an object of the class and open it."""
        sent = {"conversation": conversation, "workdir": workdir, "services": services}
        return self._step("open", self._limits.read_s, **sent)

    def add(self, turns: Sequence[ShownTurn]) -> Failure | None:
        """Have one session read."""
        return self._step("add", self._limits.read_s, turns=turns)

    def flush(self) -> Failure | None:
        """Wait for background work."""
        return self._step("flush", self._limits.read_s)

    def answer(self, question: str, *, now: datetime) -> PlainAnswer | Failure:
        """Ask about what was said."""
        return self._ask("answer", question=question, now=now)

    def answer_visual(
        self,
        question: str,
        *,
        image: ShownImage | None,
        now: datetime,
        recalled: RecalledImage | None = None,
    ) -> PlainAnswer | Failure:
        """Ask about an image."""
        return self._ask(
            "answer_visual", question=question, image=image, now=now, recalled=recalled
        )

    def search(
        self, query: str, k: int, *, now: datetime, recalled: RecalledImage | None = None
    ) -> tuple[Hit, ...] | Failure:
        """Ask for the `k` best passages."""
        found = self._call(
            "search", self._limits.answer_s, query=query, k=k, now=now, recalled=recalled
        )
        return found if isinstance(found, Failure) else call_contained(lambda: hits_of(found))

    def close(self) -> Failure | None:
        """Ask the system to release what it holds."""
        return self._step("close", self._limits.close_s)

    def end(self) -> None:
        """Kill every process of the system and close the pipes."""
        self.kill()
        if self._process is not None:
            self._process.wait()
            self._tree.session = None  # From now on another process may get that id.
            self._output.finish()
            for stream in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    stream.close()  # type: ignore[union-attr]
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()  # type: ignore[union-attr]
        self._failure = self._failure or _ended("the system was ended")

    def kill(self) -> None:
        """Kill every process of the system; callable from any thread."""
        with self._starting:
            self._killed = True
        if self._process is not None:
            self._tree.kill()

    def _spawn(self) -> None:
        with self._starting:
            if self._killed:
                raise InterruptedError(0, "the run was ended")
            self._guard = launch_guard(self._mark)
            self._process = launch_worker(self._python, self._mark)
            self._tree.session = self._process.pid
            with contextlib.suppress(OSError):
                self._guard.stdin.write(b"%d\n" % self._process.pid)  # type: ignore[union-attr]
        prefer_to_be_killed(self._process.pid)
        if self._log is not None:
            self._log.unlink(missing_ok=True)
        assert self._process.stderr is not None
        self._output = Output(self._process.stderr, self._log)
        self._output.start()
        self._channel = Channel(self._process)

    def _step(self, name: str, seconds: float, **arguments: Any) -> Failure | None:
        result = self._call(name, seconds, **arguments)
        return result if isinstance(result, Failure) else None

    def _ask(self, name: str, **arguments: Any) -> PlainAnswer | Failure:
        returned = self._call(name, self._limits.answer_s, **arguments)
        return (
            returned
            if isinstance(returned, Failure)
            else call_contained(lambda: plain_answer(returned))
        )

    def _call(self, name: str, seconds: float, **arguments: Any) -> Any:
        """Return the worker's reply; a failure if it reports one, or is itself gone."""
        if self._failure is not None:
            return self._failure
        self._number += 1
        request = {"id": self._number, "call": name, **encode(arguments)}
        line = json.dumps(request).encode("ascii") + b"\n"
        try:
            reply = self._channel.exchange(line, seconds=seconds, watch=self._watch)
            return self._read(reply)
        except TimeoutError:
            failure = _ended(f"{name}() did not return within {seconds:g} s", state="timeout")
        except EOFError:
            failure = _ended(self._how_it_ended())
        except MemoryError as error:
            failure = _ended(str(error))
        except (ValueError, KeyError, TypeError) as error:
            failure = _ended(f"the system's process violates the protocol: {error}")
        self._failure = failure
        self.kill()
        return failure

    def _read(self, reply: bytes) -> Any:
        row = json.loads(reply)
        if row["id"] != self._number:
            raise ValueError(f"reply {row['id']} to request {self._number}")
        if "error" not in row:
            return row["result"]
        self._output.note(str(row.get("traceback", "")))
        state, reason = row["error"]["state"], row["error"]["reason"]
        unreachable = bool(row["error"]["unreachable"])
        return Failure(
            state="timeout" if state == "timeout" else "error",
            reason=str(reason),
            unreachable=unreachable,
        )

    def _watch(self) -> None:
        """Raise a MemoryError with a message if the processes use too much memory."""
        limit = self._limits.memory_bytes
        now = time.monotonic()
        if limit is None or now < self._measured + _MEASURE_S:
            return
        if self._tree.memory() > limit and (used := self._tree.shared_memory()) > limit:
            raise MemoryError(
                f"memory limit: the system used {used / _GB:.2f} GB, over {limit / _GB:g} GB"
            )
        self._measured = time.monotonic()

    def _how_it_ended(self) -> str:
        assert self._process is not None
        if self._killed:
            return "the system was ended"
        return describe_end(self._process)


def _ended(reason: str, *, state: Any = "error") -> Failure:
    return Failure(state=state, reason=reason, unreachable=False, ended=True)
