"""Defines a host, which runs one conversation of a system, wherever the system runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from locomo_vqa.system import (
    ConversationInfo,
    Hit,
    RecalledImage,
    Services,
    ShownImage,
    ShownTurn,
)

from .isolation import Failure
from .sandbox import Sandbox

__all__ = ["DEFAULT_LIMITS", "Host", "Limits", "MakeHost", "PlainAnswer"]

PlainAnswer = Mapping[str, Any]
"""An answer as `{text, refused, confidence, …}`; see `locomo_vqa.worker.plain_answer`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits on the time and memory that one conversation may use."""

    read_s: float = 3600.0
    """Seconds for each step of reading: starting, one session, flushing."""
    answer_s: float = 600.0
    """Seconds for each answer."""
    close_s: float = 60.0
    """Seconds for closing, after which the system is killed."""
    memory_bytes: int | None = None
    """Resident memory of all processes of a system, in bytes; None means no limit."""


DEFAULT_LIMITS = Limits()
"""The default limits."""


class Host(Protocol):
    """The steps of a memory system, each with a time limit; the system's errors are not raised.

    One thread makes the calls, in the order below. After a failure with `ended`, the system is
    gone, and every later call returns the same failure.
    """

    def start(self) -> Failure | None:
        """Start the system."""

    def environment(self) -> Mapping[str, Any] | None:
        """Return what the system runs on; None if that can't be seen.

        See `locomo_vqa.worker.describe_environment`.
        """

    def open(
        self, conversation: ConversationInfo, workdir: Path, services: Services
    ) -> Failure | None:
        """Begin the conversation."""

    def add(self, turns: Sequence[ShownTurn]) -> Failure | None:
        """Have the system read one session."""

    def flush(self) -> Failure | None:
        """Wait for background work."""

    def answer(self, question: str, *, now: datetime) -> PlainAnswer | Failure:
        """Ask a text question."""

    def answer_visual(
        self,
        question: str,
        *,
        image: ShownImage | None,
        now: datetime,
        recalled: RecalledImage | None = None,
    ) -> PlainAnswer | Failure:
        """Ask about an image; `recalled` identifies one that is not shown again."""

    def search(
        self, query: str, k: int, *, now: datetime, recalled: RecalledImage | None = None
    ) -> tuple[Hit, ...] | Failure:
        """Ask for the `k` best passages, best first."""

    def close(self) -> Failure | None:
        """Ask the system to release its resources."""

    def end(self) -> None:
        """End everything that is still running; the last call."""

    def kill(self) -> None:
        """Make the current call and all later ones fail at once; callable from any thread."""


class MakeHost(Protocol):
    """Makes the host of one conversation."""

    def __call__(
        self,
        limits: Limits,
        log: Path,
        sandbox: Sandbox | None = None,
        home: Path | None = None,
    ) -> Host:
        """Return a host that is not started.

        Args:
            limits: the limits on time and memory.
            log: the file for the system's output.
            sandbox: what the system sees of this machine; None for all that the user sees.
            home: the folder that takes the place of the user's home and temporary folders where
                the system runs in its own process; None for the user's own.
        """
