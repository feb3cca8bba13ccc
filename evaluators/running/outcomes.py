"""Where the outcomes of conversations go: into the journal, and to the listener."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from locomo_vqa.errors import MissingResource
from locomo_vqa.runs import Prediction

from ..hosting.isolation import Failure
from .environment_record import EnvironmentRecord
from .journal import Ingestion, Journal
from .listener import RunListener
from .requests_in_process import Requests

__all__ = ["MAX_UNREACHABLE", "Outcomes", "RecordedOutcomes"]

MAX_UNREACHABLE = 3
"""The number of questions in a row without a connection after which the run stops."""


class Outcomes(Protocol):
    """Called by conversations, from their own threads."""

    def begun(self, conversation: str, turns: int, questions: int) -> None:
        """A conversation begins, with the given numbers of turns to read and questions to ask."""

    def learned(self, found: Mapping[str, Any] | None) -> None:
        """What the system runs on is known, or more of it."""

    def read(self, conversation: str, turns: int) -> None:
        """The given number of additional turns was read."""

    def denied(self, failure: Failure) -> None:
        """The endpoint refused every request while a conversation was read."""

    def ingested(self, ingestion: Ingestion) -> None:
        """A conversation was read, or reading it failed."""

    def answered(self, conversation: str, prediction: Prediction, failure: Failure | None) -> None:
        """A question has an outcome, which is recorded when this returns."""

    def requested(self, conversation: str, requests: Requests) -> None:
        """A conversation has ended, and made these requests to models."""

    def ended(self, conversation: str) -> None:
        """All questions of a conversation have an outcome, or the run was cancelled."""


class RecordedOutcomes:
    """Writes outcomes to the journal, and stops the run when it has to."""

    def __init__(
        self,
        journal: Journal,
        listener: RunListener,
        *,
        requires: Mapping[str, str],
        watches_endpoint: bool,
    ) -> None:
        """Go on with a journal.

        Args:
            journal: records each outcome.
            listener: called during the run.
            requires: the versions of distributions that the system must have.
            watches_endpoint: whether questions without a connection to the model end the run.
        """
        self._journal = journal
        self._listener = listener
        self._showing: set[str] = set()
        self._record = EnvironmentRecord(journal.environment, requires)
        self._unreachable = _UnreachableCounter(active=watches_endpoint)

    def begun(self, conversation: str, turns: int, questions: int) -> None:
        """Pass it on."""
        self._showing.add(conversation)
        self._listener.begun(conversation, turns, questions)

    def learned(self, found: Mapping[str, Any] | None) -> None:
        """Write what is new.

        Raises:
            InputError: the system is not the one that gave the run's earlier answers.
        """
        if self._record.add(found) and self._record.known is not None:
            self._journal.learn(self._record.known)

    def read(self, conversation: str, turns: int) -> None:
        """Pass it on."""
        self._listener.read(conversation, turns)

    def denied(self, failure: Failure) -> None:
        """Stop the run.

        Raises:
            MissingResource: the endpoint is known here.
        """
        self._unreachable.count(failure)

    def ingested(self, ingestion: Ingestion) -> None:
        """Write it."""
        self._journal.ingest(ingestion)

    def answered(self, conversation: str, prediction: Prediction, failure: Failure | None) -> None:
        """Write the outcome, and pass it on.

        Raises:
            MissingResource: the endpoint no longer answers.
            OutputError: the journal can't be written.
        """
        self._journal.answer(prediction)
        self._listener.answered(conversation, prediction)
        self._unreachable.count(failure)

    def requested(self, conversation: str, requests: Requests) -> None:
        """Write the numbers, if there are any."""
        if requests:
            self._journal.calls(conversation, requests)

    def ended(self, conversation: str) -> None:
        """Pass it on."""
        self._showing.discard(conversation)
        self._listener.ended(conversation)

    def lost(self, conversation: str, reason: str) -> None:
        """Write that the node that ran a conversation is gone; another goes on with it."""
        self._journal.lose(conversation, reason)
        if conversation in self._showing:
            self.ended(conversation)


class _UnreachableCounter:
    """Counts consecutive questions for which the endpoint did not answer, in all conversations."""

    def __init__(self, *, active: bool) -> None:
        """Count only if `active`: if the run has an endpoint that is known here."""
        self._active = active
        self._count = 0
        self._lock = threading.Lock()

    def count(self, failure: Failure | None) -> None:
        """Count a failed question, or a success (None) that resets the count.

        Raises:
            MissingResource: the limit was reached.
        """
        with self._lock:
            unreachable = failure is not None and failure.unreachable and self._active
            self._count = self._count + 1 if unreachable else 0
            stop = self._count >= MAX_UNREACHABLE
        if failure is not None and failure.denied and self._active:
            raise MissingResource(
                f"The endpoint refuses every request ({failure.reason}).",
                "What was answered is kept: correct what it names (the model's name, the address, "
                "the key, a limit), and repeat the run with `retry_failed`.",
            )
        if failure is not None and stop:
            raise MissingResource(
                f"The endpoint no longer answers ({failure.reason}).",
                "Finished answers are kept: start the server again, and repeat the run with "
                "`retry_failed`.",
            )
