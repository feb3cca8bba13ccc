"""Runs a memory system over conversations: reads each to it, asks, and keeps every outcome.

A conversation that fails costs its own questions and nothing else. What is answered stands in the
journal before the next question is asked, so a run that is killed goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, VisualQuestion
from locomo_vqa.errors import InputError, MissingResource, OutputError
from locomo_vqa.questions import Question, questions_of
from locomo_vqa.runs import FAILED, ImageMode, Prediction, Run, SplitChoice, State
from locomo_vqa.system import Answer, MemorySystem, Services

from .containment import Failure, apart, attempt
from .journal import Journal
from .loading import LoadedSystem
from .outcomes import prediction_of
from .run_folder import describe_run, finish_run, open_run, sweep
from .showing import Showing

__all__ = ["Harness"]

MAX_LOST_CONNECTIONS = 3
"""After so many questions in a row without a connection the run stops and can be continued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """One system on one split of one benchmark, written to one folder."""

    system: LoadedSystem
    benchmark: Benchmark
    split: SplitChoice
    images: ImageMode
    services: Services
    out: Path

    def run(
        self,
        *,
        retry_failed: bool = False,
        started: Callable[[int, int], None] = lambda total, done: None,
        answered: Callable[[Prediction], None] = lambda prediction: None,
    ) -> Run:
        """Ask every question that has no answer yet and write the run folder.

        Args:
            retry_failed: ask again what failed before (states timeout, error, not_ingested).
            started: called once with the number of questions and of those answered before.
            answered: called after each question.

        Raises:
            InputError: the split has no questions, or a picture of the benchmark is lost.
            OutputError: the folder holds something else, can't be written, or another process is
                writing it.
            MissingResource: the endpoint went away; what was answered is kept.
        """
        questions = questions_of(self.benchmark, self.split)
        if not questions:
            raise InputError(
                f"{self.benchmark.name}: the split {self.split!r} has no questions.",
                "Choose another --split, or --split all.",
            )
        manifest = describe_run(self.system, self.benchmark, self.split, self.images, self.services)
        open_run(self.out, manifest)
        fixed = self._wherever_the_system_goes()
        with apart(), Journal(fixed.out / "journal.jsonl") as journal:
            sweep(fixed.out)
            pending = _pending(questions, journal, FAILED if retry_failed else frozenset())
            started(len(questions), len(questions) - len(pending))
            fixed._ask_all(pending, journal, answered)
            predictions = tuple(journal.predictions[question.id] for question in questions)
            info = finish_run(fixed.out, manifest, predictions)
        return Run(folder=self.out, info=info, predictions=predictions)

    def _wherever_the_system_goes(self) -> Harness:
        """Return this harness with paths that don't depend on the working directory."""
        folder = self.benchmark.folder.absolute()
        return replace(
            self, out=self.out.absolute(), benchmark=replace(self.benchmark, folder=folder)
        )

    def _ask_all(
        self,
        pending: Sequence[Question],
        journal: Journal,
        answered: Callable[[Prediction], None],
    ) -> None:
        connections = _Connections()
        for conversation, asked in groupby(pending, key=lambda question: question.conversation):
            for prediction, failure in self._conversation(conversation, list(asked), journal):
                journal.answer(prediction)
                answered(prediction)
                if self.services.llm is not None:
                    connections.watch(failure)

    def _conversation(
        self, name: str, questions: Sequence[Question], journal: Journal
    ) -> Iterator[tuple[Prediction, Failure | None]]:
        """Read one conversation to a fresh system and yield its answers, each with its failure."""
        conversation = next(c for c in self.benchmark.conversations if c.id == name)
        showing = Showing(self.benchmark, conversation, self.images)
        reading = _Reading(self.system.make, showing)
        workdir = self._workdir(name)
        begun = time.perf_counter()
        failure = attempt(lambda: reading.read(workdir, self.services))
        journal.ingest(
            name,
            "error" if failure else "ok",
            turns=reading.turns,
            latency_ms=_since(begun),
            error=failure.reason if failure else None,
        )
        try:
            for question in questions:
                if failure:
                    reason = f"while reading: {failure.reason}"
                    yield _failed(question, "not_ingested", reason), failure
                else:
                    yield _ask(reading.system, question, showing)
        finally:
            self._close(name, reading)

    def _workdir(self, conversation: str) -> Path:
        """Return an empty folder of the conversation's own."""
        workdir = self.out / "work" / conversation
        shutil.rmtree(workdir, ignore_errors=True)
        try:
            workdir.mkdir(parents=True)
        except OSError as error:
            raise OutputError(
                f"{workdir}: can't be made ({error.strerror}).",
                "Choose a folder that you may write to and that has room.",
            ) from None
        return workdir.resolve()

    def _close(self, conversation: str, reading: _Reading) -> None:
        if reading.made:
            attempt(lambda: reading.system.close())
        for folder in (self.out / "work" / conversation, self.out / "work"):
            with contextlib.suppress(OSError):
                folder.rmdir()  # Only where the system left nothing.


class _Reading:
    """A system as it reads a conversation, and how far it came.

    What is shown is prepared outside: a picture that is lost is no failure of the system.
    """

    def __init__(self, make: Callable[[], MemorySystem], showing: Showing) -> None:
        self._make = make
        self._info = showing.info
        self._sessions = tuple(showing.sessions())
        self.made = False
        self.turns = 0
        self.system: MemorySystem

    def read(self, workdir: Path, services: Services) -> None:
        self.system = self._make()
        self.made = True
        self.system.open(self._info, workdir, services)
        for shown in self._sessions:
            self.system.add(shown)
            self.turns += len(shown)
        self.system.flush()


class _Connections:
    """Counts questions in a row that found nobody at the endpoint."""

    def __init__(self) -> None:
        self._lost = 0

    def watch(self, failure: Failure | None) -> None:
        self._lost = self._lost + 1 if failure is not None and failure.unreachable else 0
        if failure is not None and self._lost >= MAX_LOST_CONNECTIONS:
            raise MissingResource(
                f"The endpoint does not answer any more ({failure.reason}).",
                "What was answered is kept: start the server again, and give the same command "
                "with --retry-failed.",
            )


def _pending(
    questions: Sequence[Question], journal: Journal, again: Collection[State]
) -> list[Question]:
    """Return the questions without an outcome, or with one of the states `again`."""
    return [
        question
        for question in questions
        if (known := journal.predictions.get(question.id)) is None or known.state in again
    ]


def _ask(
    system: MemorySystem, question: Question, showing: Showing
) -> tuple[Prediction, Failure | None]:
    shown = showing.question_image(question) if isinstance(question, VisualQuestion) else None

    def call() -> Answer | str:
        if isinstance(question, VisualQuestion):
            return system.answer_visual(question.question, image=shown, now=showing.now)
        return system.answer(question.question, now=showing.now)

    begun = time.perf_counter()
    result = attempt(lambda: prediction_of(question.id, call()))
    latency_ms = _since(begun)
    if isinstance(result, Failure):
        failed = _failed(question, result.state, result.reason)
        return replace(failed, latency_ms=latency_ms), result
    return replace(result, latency_ms=latency_ms), None


def _failed(question: Question, state: State, reason: str) -> Prediction:
    return Prediction(
        question_id=question.id,
        prediction=None,
        state=state,
        error=reason,
    )


def _since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 3)
