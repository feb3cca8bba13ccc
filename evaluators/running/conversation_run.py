"""Runs one conversation: a new system reads it, then answers one question at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from locomo_vqa.benchmark.questions import Question
from locomo_vqa.budget import Budget
from locomo_vqa.errors import MissingResource
from locomo_vqa.runs import Prediction, State
from locomo_vqa.system import Services, ShownTurn
from locomo_vqa.worker import plain_answer

from ..answering import Answerer
from ..hosting import Host, PlainAnswer
from ..hosting.isolation import Failure, call_contained
from ..hosting.outcomes import prediction_of
from .cancellation import CancelScope
from .journal import Ingestion
from .outcomes import Outcomes
from .view import ConversationView, ShownQuestion

__all__ = ["ConversationRun"]


class _CallRefused(Exception):
    """The budget refused a call of the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRun:
    """The run of one conversation; `run` must be called only once."""

    name: str
    """The conversation's id."""
    questions: Sequence[Question]
    """The questions to ask, in order."""
    host: Host
    """The host that the system runs in."""
    view: ConversationView
    """The conversation as the system sees it."""
    services: Services
    """The services that the system gets."""
    answerer: Answerer | None
    """Answers for a retrieval-only system."""
    top_k: int
    """The number of passages to request from such a system."""
    workdir: Path
    """The system's own, empty folder."""
    outcomes: Outcomes
    """Records each outcome before the next question is asked."""
    scope: CancelScope
    """Says whether the run is cancelled."""
    has_read: Callable[[str], None] = lambda conversation: None
    """Called with the conversation's id when it has been read, before its first question."""
    budget: Budget = field(default_factory=Budget)
    """Refuses calls that don't fit; the first of this conversation ends it."""

    def run(self) -> bool:
        """Read the conversation and ask every question.

        Returns:
            Whether every question was asked. False if the budget refused a call: what that led to
            is not an outcome, and is not recorded.

        Raises:
            InputError: an image of the benchmark is missing, or the system is not the one that
                gave the run's earlier answers.
            OutputError: the journal, or a copy of an image, can't be written.
            MissingResource: the endpoint stopped answering, or the system needs something that
                is not on this machine.
            RunCancelled: the run was cancelled.
        """
        sessions = tuple(self.view.sessions())  # A missing image is not the system's fault.
        turns = sum(map(len, sessions))
        self.outcomes.begun(self.name, turns, len(self.questions))
        try:
            with self.scope.hosting(self.host):
                self.budget.watch(self.name, self.host.kill)
                failure = self._read(sessions)
                if failure is not None and failure.denied:
                    self.outcomes.denied(failure)
                if failure is not None and failure.missing:
                    raise _missing_resource(failure)
                self.has_read(self.name)
                self._ask_all(failure)
                if failure is None:
                    self.outcomes.learned(self.host.environment())
                self.host.close()
        except _CallRefused:
            return False
        finally:
            if self.answerer is not None:
                self.answerer.close()
            self.outcomes.ended(self.name)
        return True

    def _stop_if_refused(self) -> None:
        if self.budget.was_refused(self.name):
            raise _CallRefused

    def _read(self, sessions: Sequence[Sequence[ShownTurn]]) -> Failure | None:
        turns = 0
        begun = time.perf_counter()
        failure = self.host.start()
        if failure is None:
            self.outcomes.learned(self.host.environment())
        failure = failure or self.host.open(self.view.info, self.workdir.resolve(), self.services)
        if failure is None:
            self.outcomes.learned(self.host.environment())  # An opened system knows its embedder.
        for session in sessions:
            self.scope.raise_if_cancelled()
            failure = failure or self.host.add(session)
            self._stop_if_refused()
            if failure is None:
                turns += len(session)
                self.outcomes.read(self.name, len(session))
        failure = failure or self.host.flush()
        self._stop_if_refused()
        if failure is not None:
            self.scope.raise_if_cancelled()
        else:
            self.outcomes.learned(self.host.environment())
        self.outcomes.ingested(
            Ingestion(
                conversation=self.name,
                state="error" if failure else "ok",
                turns=turns,
                latency_ms=_ms_since(begun),
                error=failure.reason if failure else None,
            )
        )
        return failure

    def _ask_all(self, failure: Failure | None) -> None:
        """Ask all questions, unless reading failed or the system has ended."""
        reason = f"while reading: {failure.reason}" if failure else None
        for question in self.questions:
            self.scope.raise_if_cancelled()
            failed = failure
            if reason is not None:
                outcome = _failed_prediction(question, "not_ingested", reason)
            else:
                outcome, failed = self._ask(question)
                if failed is not None and failed.ended:
                    failure = failed
                    reason = f"not asked: {failed.reason}"
                self._stop_if_refused()
            self.outcomes.answered(self.name, outcome, failed)

    def _ask(self, question: Question) -> tuple[Prediction, Failure | None]:
        shown = self.view.question(question)
        begun = time.perf_counter()
        result = self._answer(shown)
        latency_ms = _ms_since(begun)
        made = (
            result
            if isinstance(result, Failure)
            else call_contained(lambda: prediction_of(question.id, result))
        )
        if isinstance(made, Failure):
            self.scope.raise_if_cancelled()
            failed = _failed_prediction(question, made.state, made.reason)
            return replace(failed, latency_ms=latency_ms), made
        return replace(made, latency_ms=latency_ms), None

    def _answer(self, shown: ShownQuestion) -> PlainAnswer | Failure:
        now, answerer, text = self.view.now, self.answerer, shown.text
        if answerer is None:
            if shown.visual:
                return self.host.answer_visual(
                    text, image=shown.image, now=now, recalled=shown.recalled
                )
            return self.host.answer(text, now=now)
        if shown.visual and shown.recalled is None:
            return call_contained(
                lambda: plain_answer(answerer.answer_visual(text, shown.original))
            )
        hits = self.host.search(text, self.top_k, now=now, recalled=shown.recalled)
        if isinstance(hits, Failure):
            return hits
        return call_contained(
            lambda: plain_answer(answerer.answer(text, hits[: self.top_k], now=now))
        )


def _missing_resource(failure: Failure) -> MissingResource:
    """Return the error that ends the run: no other conversation could be read either."""
    return MissingResource(
        failure.reason.removeprefix(f"{MissingResource.__name__}: "),
        "What was answered is kept: correct this, and repeat the run.",
    )


def _failed_prediction(question: Question, state: State, reason: str) -> Prediction:
    return Prediction(question_id=question.id, prediction=None, state=state, error=reason)


def _ms_since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 3)
