"""Runs one conversation with a system, timing calls and recording replies and failures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from locomo_vqa.system import RecalledImage, Services, ShownTurn
from locomo_vqa.worker import plain_answer

from ..answering import Answerer
from ..hosting import Host, PlainAnswer, ProcessHost
from ..hosting.isolation import Failure, call_contained
from ..running.view import ConversationView, ShownQuestion
from .script import Fact

if TYPE_CHECKING:
    import psutil

__all__ = ["CallFailure", "CallTimes", "Reply", "SystemTrial"]

_T = TypeVar("_T")
_TOP_K = 10
_LINGER_S = 3.0
"""How long processes may take to end after close(), in seconds."""


@dataclass(frozen=True, slots=True)
class CallFailure:
    """The call at which a conversation failed."""

    call: str
    """The method's name, or `start`."""
    reason: str
    """The exception's type and message."""

    def __str__(self) -> str:
        return f"{self.call}(): {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The reply to one question."""

    question: str
    """The text of the question."""
    text: str = ""
    """The answer's text."""
    retrieved: tuple[str, ...] = ()
    """The texts that the answer was made from."""
    usage: Mapping[str, Any] | None = None
    """The token and call counts, if any."""
    failure: str | None = None
    """Why there is no answer."""

    def says(self, word: str) -> bool:
        """Return whether the answer contains a word, given in lower case."""
        return word in self.text.casefold()

    def knows(self, word: str) -> bool:
        """Return whether the answer, or a passage retrieved for it, contains a word."""
        return self.says(word) or any(word in text.casefold() for text in self.retrieved)


@dataclass(slots=True)
class CallTimes:
    """The durations of calls, in seconds."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    """The durations, by method name."""
    tracebacks: dict[str, str] = field(default_factory=dict)
    """The tracebacks of failed calls, by the failure's reason; each is shown once."""

    def to_json(self) -> list[dict[str, Any]]:
        """Return the number, mean and maximum duration of each kind of call, in milliseconds."""
        return [
            {
                "call": name,
                "number": len(took),
                "mean_ms": round(1000 * sum(took) / len(took), 3),
                "longest_ms": round(1000 * max(took), 3),
            }
            for name, took in self.seconds.items()
        ]


class SystemTrial:
    """A hosted conversation; after a failure while reading, no more calls are made."""

    def __init__(
        self,
        host: Host,
        view: ConversationView,
        workdir: Path,
        services: Services,
        times: CallTimes,
        *,
        only_retrieves: bool = False,
        answerer: Answerer | None = None,
    ) -> None:
        """Prepare a conversation; `answerer` answers from what is retrieved, as in a run."""
        self.failure: CallFailure | None = None
        """The step that failed."""
        self.replies: list[Reply] = []
        """The replies to all questions, in order."""
        self.left: list[str] | None = None
        """The command lines of processes that still run after `close`; None if unknown."""
        self.workdir = workdir
        """The conversation's own folder."""
        self._host = host
        self._view = view
        self._services = services
        self._times = times
        self._only_retrieves = only_retrieves
        self._answerer = answerer
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._answerer is not None:
            self._answerer.close()
        self._host.end()

    def open(self) -> None:
        """Start the system and begin the conversation."""
        self.workdir.mkdir(parents=True)
        self._step("start", self._host.start)
        info, workdir, services = self._view.info, self.workdir.resolve(), self._services
        self._step("open", lambda: self._host.open(info, workdir, services))

    def sessions(self) -> list[tuple[ShownTurn, ...]]:
        """Return the sessions, as shown in a run."""
        return list(self._view.sessions())

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Have the system read one session."""
        self._step("add", lambda: self._host.add(turns))

    def flush(self) -> None:
        """Wait for background work."""
        self._step("flush", self._host.flush)

    def read(self) -> None:
        """Open, have every session read, and flush."""
        self.open()
        for session in self.sessions():
            self.add(session)
        self.flush()

    def ask(self, question: str) -> Reply:
        """Ask a text question."""
        now = self._view.now
        if self._only_retrieves:
            return self._retrieve(question, now)
        return self._ask("answer", question, lambda: self._host.answer(question, now=now))

    def ask_all(self, facts: Iterable[Fact]) -> tuple[Reply, ...]:
        """Ask about facts, in order."""
        return tuple(self.ask(fact.question) for fact in facts)

    def ask_visual(self, shown: ShownQuestion) -> Reply:
        """Ask about an image; a retrieval-only system is asked for passages."""
        now = self._view.now
        answerer = self._answerer
        if answerer is not None and shown.recalled is None:
            return self._ask(
                "answer_visual",
                shown.text,
                lambda: call_contained(
                    lambda: plain_answer(answerer.answer_visual(shown.text, shown.original))
                ),
            )
        if self._only_retrieves:
            return self._retrieve(shown.text, now, shown.recalled)
        return self._ask(
            "answer_visual",
            shown.text,
            lambda: self._host.answer_visual(
                shown.text, image=shown.image, now=now, recalled=shown.recalled
            ),
        )

    def close(self) -> None:
        """Close the system, unless it has ended, and check for processes left running."""
        if self._ended or self.failure is not None:
            return
        self._step("close", self._host.close)
        if isinstance(self._host, ProcessHost):
            self.left = _lingering_commands(self._host)

    def _step(self, name: str, call: Callable[[], Failure | None]) -> None:
        if self.failure is None:
            failure = self._time_call(name, call)
            if failure is not None:
                self.failure = CallFailure(name, failure.reason)

    def _ask(self, name: str, question: str, call: Callable[[], PlainAnswer | Failure]) -> Reply:
        if self.failure is not None:
            return Reply(question=question, failure=str(self.failure))
        answer = self._time_call(name, call)
        if isinstance(answer, Failure):
            self._ended = self._ended or answer.ended
            reply = Reply(question=question, failure=f"{name}(): {answer.reason}")
        else:
            reply = Reply(
                question=question,
                text=answer["text"],
                retrieved=tuple(hit["text"] for hit in answer["retrieved"]),
                usage=answer["usage"],
            )
        self.replies.append(reply)
        return reply

    def _retrieve(
        self, question: str, now: datetime, recalled: RecalledImage | None = None
    ) -> Reply:
        answerer = self._answerer

        def search() -> PlainAnswer | Failure:
            hits = self._host.search(question, _TOP_K, now=now, recalled=recalled)
            if isinstance(hits, Failure):
                return hits
            if answerer is not None:
                return call_contained(
                    lambda: plain_answer(answerer.answer(question, hits, now=now))
                )
            return {"text": "", "retrieved": [{"text": hit.text} for hit in hits], "usage": None}

        return self._ask("search", question, search)

    def _time_call(self, name: str, call: Callable[[], _T]) -> _T:
        begun = time.perf_counter()
        try:
            result = call()
        finally:
            took = time.perf_counter() - begun
            self._times.seconds.setdefault(name, []).append(took)
        if isinstance(result, Failure) and result.traceback:
            self._times.tracebacks.setdefault(result.reason, result.traceback)
        return result


def _lingering_commands(host: ProcessHost) -> list[str]:
    """Return the command lines of processes that keep running, without the system's own."""
    deadline = time.monotonic() + _LINGER_S
    while True:
        left = [line for process in host.started() if (line := _command_line(process))]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.05)


def _command_line(process: psutil.Process) -> str:
    """Return a process's command line; "" if it is gone, or ends with its parent."""
    import psutil

    try:
        text = " ".join(process.cmdline()).strip()
    except psutil.Error:
        return ""
    return "" if "resource_tracker" in text else text[:200]
