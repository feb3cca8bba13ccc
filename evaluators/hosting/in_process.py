"""Hosts a system in this process, for tests and notebooks. Nothing can end it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from locomo_vqa.system import (
    ConversationInfo,
    Hit,
    RecalledImage,
    Services,
    ShownImage,
    ShownTurn,
)
from locomo_vqa.worker import (
    call_answer_visual,
    call_optional,
    call_search,
    describe_environment,
    plain_answer,
)

from .base import Limits, MakeHost, PlainAnswer
from .isolation import Failure, call_contained
from .outcomes import hits_of
from .sandbox import Sandbox

__all__ = ["InProcessHost", "in_process"]


class InProcessHost:
    """An object made in this process, to which the limits don't apply."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._system: Any = None

    def start(self) -> Failure | None:
        """Make the object."""

        def make() -> None:
            self._system = self._make()

        return call_contained(make)

    def environment(self) -> Mapping[str, Any] | None:
        """Return what this process runs on, without its modules, which are not the system's."""
        found = describe_environment(self._system)
        return {**found, "modules": {}, "files": {}, "written": []}

    def open(
        self, conversation: ConversationInfo, workdir: Path, services: Services
    ) -> Failure | None:
        """Begin the conversation."""
        return call_contained(lambda: self._opened_system.open(conversation, workdir, services))

    def add(self, turns: Sequence[ShownTurn]) -> Failure | None:
        """Have the system read one session."""
        return call_contained(lambda: self._opened_system.add(turns))

    def flush(self) -> Failure | None:
        """Wait for background work."""
        return call_contained(lambda: call_optional(self._opened_system, "flush"))

    def answer(self, question: str, *, now: datetime) -> PlainAnswer | Failure:
        """Ask a text question."""
        return call_contained(lambda: plain_answer(self._opened_system.answer(question, now=now)))

    def answer_visual(
        self,
        question: str,
        *,
        image: ShownImage | None,
        now: datetime,
        recalled: RecalledImage | None = None,
    ) -> PlainAnswer | Failure:
        """Ask about an image."""
        return call_contained(
            lambda: plain_answer(
                call_answer_visual(self._opened_system, question, image, now, recalled=recalled)
            )
        )

    def search(
        self, query: str, k: int, *, now: datetime, recalled: RecalledImage | None = None
    ) -> tuple[Hit, ...] | Failure:
        """Ask for the `k` best passages."""
        return call_contained(
            lambda: hits_of(call_search(self._opened_system, query, k, now, recalled=recalled))
        )

    def close(self) -> Failure | None:
        """Ask the system to release its resources."""
        system, self._system = self._system, None
        return call_contained(lambda: call_optional(system, "close"))

    def end(self) -> None:
        """Close the system, if it isn't closed yet."""
        self.close()

    def kill(self) -> None:
        """Do nothing: a thread can't be killed."""

    @property
    def _opened_system(self) -> Any:
        assert self._system is not None
        return self._system


def in_process(make: Callable[[], Any]) -> MakeHost:
    """Return a function that hosts the objects that `make` returns in this process."""

    def host(
        limits: Limits, log: Path, sandbox: Sandbox | None = None, home: Path | None = None
    ) -> InProcessHost:
        assert sandbox is None
        return InProcessHost(make)

    return host
