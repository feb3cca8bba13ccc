"""The journal of a run: each attempt is one line, written to disk before the next begins."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from locomo_vqa.closable import Closable
from locomo_vqa.jsonl_log import JsonlLog
from locomo_vqa.runs import Prediction, prediction_from_row
from locomo_vqa.schemas import validate
from locomo_vqa.timestamps import utc_now

__all__ = ["Ingestion", "Journal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """How the reading of a conversation ended."""

    time: str = field(default_factory=utc_now)
    """When it ended, by the clock that times the conversation's calls, too."""
    conversation: str
    """The conversation's id."""
    state: Literal["ok", "error"]
    """Whether it was read whole."""
    turns: int
    """The number of turns that were read."""
    latency_ms: float
    """How long it took, in milliseconds."""
    error: str | None
    """Why it failed."""


class Journal(Closable):
    """An append-only file of attempts, open in one process at a time; see `JsonlLog`.

    The conversations of a run write to it from several threads.

    Raises:
        OutputError: another process has it open, or it can't be opened or written.
        InputError: a line does not match its schema.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.predictions: dict[str, Prediction] = {}
        """The latest attempt at each question."""
        self.environment: Mapping[str, Any] | None = None
        """What the system runs on, as far as its processes have said."""
        self.toolkit: Mapping[str, Any] | None = None
        """The toolkit's own code, as far as calls of the run have recorded it."""
        self.calls_of_run: list[dict[str, Any]] = []
        """When each call of the run began and ended, and how many answers it added."""
        self._attempts: dict[str, int] = {}
        self._owner = os.getpid()
        self._threads = threading.Lock()
        self._counting = threading.Lock()
        self._file = JsonlLog(
            path, what="the journal", remedy="Wait for it to end, or choose another `out`."
        )
        try:
            self._read()
        except BaseException:
            self._file.close()
            raise

    def _read(self) -> None:
        for number, row in self._file.rows():
            validate(
                row,
                "journal",
                path=self.path,
                place=f"line {number}",
                remedy="Choose another `out`; this journal was edited.",
            )
            if row["event"] == "answer":
                self._remember(prediction_from_row(row))
            elif row["event"] == "environment":
                self.environment = row["environment"]
            elif row["event"] == "begin":
                self.toolkit = row.get("toolkit", self.toolkit)
            self._count(row)

    def close(self) -> None:
        """Release the file for other processes."""
        self._file.close()

    def answer(self, prediction: Prediction) -> None:
        """Append one attempt at a question."""
        with self._threads:
            self._remember(prediction)
            self._append(
                {
                    "event": "answer",
                    "attempt": self._attempts[prediction.question_id],
                    "time": utc_now(),
                    **prediction.to_row(),
                }
            )

    def ingest(self, ingestion: Ingestion) -> None:
        """Record that a conversation was read, or that reading it failed."""
        self._append({"event": "ingest", **asdict(ingestion)})

    def begin(self, *, retry_failed: bool, toolkit: Mapping[str, Any]) -> None:
        """Record that a call of the run begins to ask, with this code of the toolkit."""
        self.toolkit = dict(toolkit)
        self._append(
            {
                "event": "begin",
                "time": utc_now(),
                "retry_failed": retry_failed,
                "toolkit": self.toolkit,
            }
        )

    def learn(self, environment: Mapping[str, Any]) -> None:
        """Record what the system runs on, when that is known or more of it is."""
        self.environment = environment
        self._append({"event": "environment", "time": utc_now(), "environment": dict(environment)})

    def calls(self, conversation: str, stages: Mapping[str, Mapping[str, int]]) -> None:
        """Record how many requests a conversation made, and how many got no reply, by stage."""
        self._append(
            {
                "event": "calls",
                "time": utc_now(),
                "conversation": conversation,
                "stages": {name: dict(counts) for name, counts in stages.items()},
            }
        )

    def lose(self, conversation: str, reason: str) -> None:
        """Record that the node that ran a conversation is gone: it is read again on another."""
        row = {"event": "lost", "time": utc_now(), "conversation": conversation, "reason": reason}
        self._append(row)

    def _remember(self, prediction: Prediction) -> None:
        key = prediction.question_id
        self._attempts[key] = self._attempts.get(key, 0) + 1
        self.predictions[key] = prediction

    def _append(self, row: dict[str, Any]) -> None:
        if os.getpid() != self._owner:
            raise RuntimeError("a process forked by a system can't write the journal")
        self._count(row)
        self._file.append(row)

    def _count(self, row: Mapping[str, Any]) -> None:
        """Count a row for the call of the run that it belongs to."""
        with self._counting:
            if row["event"] == "begin":
                began = {"began": row["time"], "retry_failed": row["retry_failed"]}
                self.calls_of_run.append({**began, "ended": row["time"], "answers": 0})
            elif self.calls_of_run:
                self.calls_of_run[-1]["ended"] = row["time"]
                self.calls_of_run[-1]["answers"] += row["event"] == "answer"
