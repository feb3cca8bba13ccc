"""Runs a memory system over conversations: reads each to it, asks, and keeps every outcome.

A conversation that fails costs its own questions and nothing else. What is answered stands in the
journal before the next question is asked, so a run that is killed goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, VisualQuestion
from locomo_vqa.errors import MissingResource
from locomo_vqa.files import clean_text
from locomo_vqa.questions import Question, questions_of
from locomo_vqa.runs import (
    FAILED,
    MAX_ANSWER_CHARS,
    ImageMode,
    Prediction,
    Run,
    SplitChoice,
    State,
)
from locomo_vqa.system import Answer, MemorySystem, Services

from .journal import Journal
from .loading import LoadedSystem
from .run_folder import describe_run, finish_run, open_run
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
            OutputError: the folder holds something else, or another process is writing it.
            MissingResource: the endpoint went away; what was answered is kept.
        """
        questions = questions_of(self.benchmark, self.split)
        manifest = describe_run(self.system, self.benchmark, self.split, self.images, self.services)
        open_run(self.out, manifest)
        with Journal(self.out / "journal.jsonl") as journal:
            again = FAILED if retry_failed else frozenset()
            pending = [
                question
                for question in questions
                if (known := journal.predictions.get(question.id)) is None or known.state in again
            ]
            started(len(questions), len(questions) - len(pending))
            connections = _Connections()
            for conversation, asked in groupby(pending, key=lambda q: q.conversation):
                for prediction in self._conversation(conversation, list(asked), journal):
                    journal.answer(prediction)
                    answered(prediction)
                    connections.watch(prediction)
            predictions = tuple(journal.predictions[question.id] for question in questions)
        info = finish_run(self.out, manifest, predictions)
        return Run(folder=self.out, info=info, predictions=predictions)

    def _conversation(
        self, name: str, questions: Sequence[Question], journal: Journal
    ) -> Iterator[Prediction]:
        """Read one conversation to a fresh system and yield its answers."""
        conversation = next(c for c in self.benchmark.conversations if c.id == name)
        showing = Showing(self.benchmark, conversation, self.images)
        system: MemorySystem | None = None
        begun = time.perf_counter()
        turns = 0
        failure: str | None = None
        try:
            with _quiet():
                system = self.system.make()
                system.open(showing.info, self._workdir(name), self.services)
                for shown in showing.sessions():
                    system.add(shown)
                    turns += len(shown)
                system.flush()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - anybody's code
            failure = _reason(error)
        journal.ingest(
            name,
            "error" if failure else "ok",
            turns=turns,
            latency_ms=_since(begun),
            error=failure,
        )
        try:
            for question in questions:
                if failure or system is None:
                    yield _failed(question, "not_ingested", f"while reading: {failure}")
                else:
                    yield _ask(system, question, showing)
        finally:
            self._close(name, system)

    def _workdir(self, conversation: str) -> Path:
        """Return an empty folder of the conversation's own."""
        workdir = self.out / "work" / conversation
        shutil.rmtree(workdir, ignore_errors=True)
        workdir.mkdir(parents=True)
        return workdir.resolve()

    def _close(self, conversation: str, system: MemorySystem | None) -> None:
        if system is not None:
            with contextlib.suppress(Exception, SystemExit), _quiet():
                system.close()
        for folder in (self.out / "work" / conversation, self.out / "work"):
            with contextlib.suppress(OSError):
                folder.rmdir()  # Only where the system left nothing.


class _Connections:
    """Counts questions in a row that found nobody at the endpoint."""

    def __init__(self) -> None:
        self._lost = 0

    def watch(self, prediction: Prediction) -> None:
        lost = prediction.state == "error" and (prediction.error or "").startswith(_NO_CONNECTION)
        self._lost = self._lost + 1 if lost else 0
        if self._lost >= MAX_LOST_CONNECTIONS:
            raise MissingResource(
                f"The endpoint does not answer any more ({prediction.error}).",
                "What was answered is kept: start the server again, and give the same command "
                "with --retry-failed.",
            )


_NO_CONNECTION = "ConnectionError"


def _ask(system: MemorySystem, question: Question, showing: Showing) -> Prediction:
    begun = time.perf_counter()
    try:
        with _quiet():
            if isinstance(question, VisualQuestion):
                answer = system.answer_visual(
                    question.question, image=showing.question_image(question), now=showing.now
                )
            else:
                answer = system.answer(question.question, now=showing.now)
        prediction = _prediction(question, answer)
    except TimeoutError as error:
        prediction = _failed(question, "timeout", _reason(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - anybody's code
        prediction = _failed(question, "error", _reason(error))
    return replace(prediction, latency_ms=_since(begun))


def _prediction(question: Question, answer: Answer | str) -> Prediction:
    if isinstance(answer, str):
        answer = Answer(text=answer)
    if not isinstance(answer, Answer) or not isinstance(answer.text, str):
        raise TypeError(f"the system answered with {type(answer).__name__}, not with text")
    text = clean_text(answer.text)
    if len(text) > MAX_ANSWER_CHARS:
        raise ValueError(f"the answer has {len(text):,} characters, over {MAX_ANSWER_CHARS:,}")
    prediction = Prediction(
        question_id=question.id,
        prediction=text,
        state="ok" if text.strip() else "empty",
        retrieved=tuple(replace(hit, text=clean_text(hit.text)) for hit in answer.retrieved),
        usage=answer.usage,
    )
    if answer.refused:
        return replace(prediction, prediction=None, state="refused", error=text or "refused")
    return prediction


def _failed(question: Question, state: State, reason: str) -> Prediction:
    return Prediction(
        question_id=question.id,
        prediction=None,
        state=state,
        error=reason,
    )


def _reason(error: BaseException) -> str:
    return clean_text(f"{type(error).__name__}: {error}")[:2000]


def _since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 3)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Send what a system prints to the standard error: the standard output is the command's."""
    with contextlib.redirect_stdout(sys.stderr):
        yield
