"""Hosts a system in its own process, with this interpreter or another."""

from __future__ import annotations

import os
import sys
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
from .isolation import Failure, call_contained
from .memory_limit import MemoryLimit
from .outcomes import hits_of
from .relative_paths import with_absolute_paths
from .sandbox import Sandbox
from .sandboxed import SandboxedWorker
from .wire import decode_reply, encode_request
from .worker_process import WorkerProcess

if TYPE_CHECKING:
    import psutil

__all__ = ["ProcessHost"]

_VIOLATION = "the system's process violates the protocol"


class ProcessHost:
    """A `module:Class` in `locomo_vqa.worker`, with every process it starts.

    All its processes are killed together: at the end, when a call takes too long, when they use
    too much memory, and when this process dies.
    """

    def __init__(
        self,
        system: str,
        *,
        python: Path | None = None,
        folder: Path | None = None,
        limits: Limits = DEFAULT_LIMITS,
        log: Path | None = None,
        variables: Sequence[str] = (),
        sandbox: Sandbox | None = None,
        home: Path | None = None,
    ) -> None:
        """Prepare a host; nothing is started yet.

        Args:
            python: the interpreter of another environment.
            folder: the folder to search for modules first; None for the working directory.
            limits: the limits on time and memory.
            log: the file for the system's output.
            variables: the names of additional environment variables to pass on.
            sandbox: what its processes see of this machine; None for all that the user sees.
            home: the folder that takes the place of the user's home and temporary folders; None
                for the user's own.
        """
        self.description: Mapping[str, Any] = {}
        """The class's description, after `start`; see `locomo_vqa.worker.describe`."""
        self.python = python
        """The interpreter of another environment; None for this one."""
        self._system = system
        self._folder = folder
        self._interpreter = str(python or sys.executable)
        self._limits = limits
        boxed = None
        if sandbox is not None:
            boxed = SandboxedWorker(sandbox, folder, system.partition(":")[0])
        self._worker = WorkerProcess(python, log, variables, boxed, home)
        self._memory = MemoryLimit(self._worker.tree, limits.memory_bytes)
        self._number = 0
        self._failure: Failure | None = None

    def start(self) -> Failure | None:
        """Start the process and import the system's class."""
        try:
            folder = str(self._folder) if self._folder else os.getcwd()  # noqa: PTH109
            self._worker.start()
        except OSError as error:
            self._failure = _ended_failure(
                f"{self._interpreter}: can't be started ({error.strerror})"
            )
            return self._failure
        found = self._call(
            "start",
            self._limits.read_s,
            system=self._system,
            paths=[str(Path(path).absolute()) for path in sys.path] if self.python is None else [],
            folder=folder,
            version=__version__,
        )
        if isinstance(found, Failure):
            return found
        if not isinstance(found, Mapping):
            return self._end_with(_ended_failure(f"{_VIOLATION}: the description is not an object"))
        self.description = found
        if "missing" in found:
            reason = found["reason"] or f"the class {self._system.partition(':')[2]} is not found"
            return Failure(state="error", reason=reason, unreachable=False)
        return None

    def environment(self) -> Mapping[str, Any] | None:
        """Return what the system runs on; None if the process does not say."""
        found = self._call("environment", self._limits.read_s)
        return found if isinstance(found, Mapping) and not isinstance(found, Failure) else None

    @property
    def last_words(self) -> str:
        """The last line that the system printed."""
        return self._worker.last_words

    def started(self) -> list[psutil.Process]:
        """Return the running processes that the system started, except its own."""
        return self._worker.started()

    def open(
        self, conversation: ConversationInfo, workdir: Path, services: Services
    ) -> Failure | None:
        """Create an instance of the class and open it."""
        lent = with_absolute_paths(services)
        sent = {"conversation": conversation, "workdir": workdir, "services": lent}
        return self._step("open", self._limits.read_s, **sent)

    def add(self, turns: Sequence[ShownTurn]) -> Failure | None:
        """Have the system read one session."""
        return self._step("add", self._limits.read_s, turns=turns)

    def flush(self) -> Failure | None:
        """Wait for background work."""
        return self._step("flush", self._limits.read_s)

    def answer(self, question: str, *, now: datetime) -> PlainAnswer | Failure:
        """Ask a text question."""
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
        """Ask the system to release its resources."""
        return self._step("close", self._limits.close_s)

    def end(self) -> None:
        """Kill every process of the system and close the pipes."""
        self._worker.end()
        self._failure = self._failure or _ended_failure("the system was ended")

    def kill(self) -> None:
        """Kill every process of the system; callable from any thread."""
        self._worker.kill()

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
        """Return the worker's reply; a failure if the worker reports one, or is gone."""
        if self._failure is not None:
            return self._failure
        self._number += 1
        request = encode_request(self._number, name, arguments)
        try:
            reply = self._worker.exchange(request, seconds=seconds, watch=self._memory.check)
            return self._read(reply)
        except TimeoutError:
            failure = _ended_failure(
                f"{name}() did not return within {seconds:g} s", state="timeout"
            )
        except EOFError:
            failure = _ended_failure(self._worker.how_it_ended())
        except MemoryError as error:
            failure = _ended_failure(str(error))
        except (ValueError, TypeError) as error:
            failure = _ended_failure(f"{_VIOLATION}: {error}")
        return self._end_with(failure)

    def _end_with(self, failure: Failure) -> Failure:
        self._failure = failure
        self.kill()
        return failure

    def _read(self, line: bytearray) -> Any:
        reply = decode_reply(line, self._number)
        if reply.failure is None:
            return reply.result
        self._worker.note(reply.failure.traceback)
        return reply.failure


def _ended_failure(reason: str, *, state: Any = "error") -> Failure:
    return Failure(state=state, reason=reason, unreachable=False, ended=True)
