"""A system in this process: for tests and notebooks. Nothing ends it but itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from locomo_vqa.system import ConversationInfo, Hit, MemorySystem, Services, ShownImage, ShownTurn
from locomo_vqa.worker import plain_answer

from ..running.outcomes import hits_of
from .base import Limits, MakeHost, PlainAnswer
from .isolation import Failure, attempt

__all__ = ["InProcessHost", "in_process"]


class InProcessHost:
    """An instance of a class that is here already; the limits don't hold."""

    def __init__(self, make: Callable[[], MemorySystem]) -> None:
        self._make = make
        self._system: MemorySystem | None = None

    def start(self) -> Failure | None:
        """Make the instance."""

        def make() -> None:
            self._system = self._make()

        return attempt(make)

    def open(
        self, conversation: ConversationInfo, workdir: Path, services: Services
    ) -> Failure | None:
        """Begin the conversation."""
        return attempt(lambda: self._made.open(conversation, workdir, services))

    def add(self, turns: Sequence[ShownTurn]) -> Failure | None:
        """Have one session read."""
        return attempt(lambda: self._made.add(turns))

    def flush(self) -> Failure | None:
        """Wait for background work."""
        return attempt(lambda: self._made.flush())

    def answer(self, question: str, *, now: datetime) -> PlainAnswer | Failure:
        """Ask about what was said."""
        return attempt(lambda: plain_answer(self._made.answer(question, now=now)))

    def answer_visual(
        self, question: str, *, image: ShownImage | None, now: datetime
    ) -> PlainAnswer | Failure:
        """Ask about a picture."""
        return attempt(
            lambda: plain_answer(self._made.answer_visual(question, image=image, now=now))
        )

    def search(self, query: str, k: int, *, now: datetime) -> tuple[Hit, ...] | Failure:
        """Ask for the `k` best passages."""
        return attempt(lambda: hits_of(self._made.search(query, k, now)))  # type: ignore[attr-defined]

    def close(self) -> Failure | None:
        """Ask the system to let go of what it holds."""
        system, self._system = self._system, None
        return attempt(system.close) if system is not None else None

    def end(self) -> None:
        """Close what was not closed."""
        self.close()

    def kill(self) -> None:
        """Do nothing: a thread can't be ended."""

    @property
    def _made(self) -> MemorySystem:
        assert self._system is not None
        return self._system


def in_process(make: Callable[[], MemorySystem]) -> MakeHost:
    """Return what hosts a class, or any function that makes a system, in this process."""

    def host(limits: Limits, log: Path) -> InProcessHost:
        return InProcessHost(make)

    return host
