"""The outcomes of a conversation on their way from a node to the run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from locomo_vqa.runs import Prediction

from ...hosting.isolation import Failure
from ..cancellation import CancelScope
from ..journal import Ingestion
from ..requests_in_process import Requests

__all__ = ["Event", "StreamedOutcomes"]


@dataclass(frozen=True, slots=True)
class Event:
    """A call of a method of `Outcomes`, to be repeated where the run is."""

    method: str
    arguments: tuple[Any, ...]
    awaited: bool = False
    """Whether the conversation waits until the run has recorded it."""
    recorded: threading.Event = field(default_factory=threading.Event)
    """Set then."""


class StreamedOutcomes:
    """Puts what a conversation's thread reports into a queue of an event loop.

    `answered` returns when the run has recorded the outcome, so that the next question is not asked
    before. Before an outcome is reported, `flush` is called: what led to it is then at the desk.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        queue: asyncio.Queue[Event | None],
        scope: CancelScope,
        flush: Callable[[], None],
    ) -> None:
        self._flush = flush
        self._loop = loop
        self._queue = queue
        self._scope = scope

    def begun(self, conversation: str, turns: int, questions: int) -> None:
        """Report it."""
        self._send("begun", conversation, turns, questions)

    def learned(self, found: Mapping[str, Any] | None) -> None:
        """Report it."""
        self._send("learned", found)

    def read(self, conversation: str, turns: int) -> None:
        """Report it."""
        self._send("read", conversation, turns)

    def denied(self, failure: Failure) -> None:
        """Report it, and wait: the run may end."""
        self._send_and_wait("denied", failure)

    def ingested(self, ingestion: Ingestion) -> None:
        """Report it."""
        self._flush()
        self._send("ingested", ingestion)

    def answered(self, conversation: str, prediction: Prediction, failure: Failure | None) -> None:
        """Report it, and wait."""
        self._flush()
        self._send_and_wait("answered", conversation, prediction, failure)

    def requested(self, conversation: str, requests: Requests) -> None:
        """Report it."""
        self._send("requested", conversation, requests)

    def ended(self, conversation: str) -> None:
        """Report it."""
        self._send("ended", conversation)

    def _send(self, method: str, *arguments: Any) -> None:
        self._put(Event(method, arguments))

    def _send_and_wait(self, method: str, *arguments: Any) -> None:
        event = Event(method, arguments, awaited=True)
        self._put(event)
        with self._scope.on_cancel(event.recorded.set):
            self._scope.raise_if_cancelled()
            event.recorded.wait()
        self._scope.raise_if_cancelled()

    def _put(self, event: Event) -> None:
        self._loop.call_soon_threadsafe(self._queue.put_nowait, event)
