"""The journal of a run: every attempt on a line of its own, on the disk before the next begins."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from locomo_vqa.errors import OutputError
from locomo_vqa.files import read_jsonl
from locomo_vqa.runs import Prediction, prediction_from_row
from locomo_vqa.schemas import validate

__all__ = ["Journal"]


class Journal:
    """An append-only file of attempts.

    A process that is killed loses at most the line it was writing: an unfinished last line is
    cut off when the journal is opened again. Only one process at a time may hold it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.predictions: dict[str, Prediction] = {}
        """The last attempt at each question."""
        self._attempts: dict[str, int] = {}
        self._stream = path.open("ab")
        try:
            self._lock()
            self._cut_unfinished_line()
            self._read()
        except BaseException:
            self._stream.close()
            raise

    def _read(self) -> None:
        for number, row in read_jsonl(self.path, what="the journal"):
            validate(
                row,
                "journal",
                path=self.path,
                place=f"line {number}",
                remedy="Choose another --out; this journal was changed by hand.",
            )
            if row["event"] == "answer":
                self._remember(prediction_from_row(row))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stream.close()

    def answer(self, prediction: Prediction) -> None:
        """Append one attempt at a question."""
        self._remember(prediction)
        self._append(
            {
                "event": "answer",
                "attempt": self._attempts[prediction.question_id],
                "time": _now(),
                **asdict(prediction),
            }
        )

    def ingest(
        self,
        conversation: str,
        state: Literal["ok", "error"],
        *,
        turns: int,
        latency_ms: float,
        error: str | None,
    ) -> None:
        """Append that a conversation was read, or that reading it failed."""
        self._append(
            {
                "event": "ingest",
                "time": _now(),
                "conversation": conversation,
                "state": state,
                "turns": turns,
                "latency_ms": latency_ms,
                "error": error,
            }
        )

    def _remember(self, prediction: Prediction) -> None:
        key = prediction.question_id
        self._attempts[key] = self._attempts.get(key, 0) + 1
        self.predictions[key] = prediction

    def _append(self, row: dict[str, Any]) -> None:
        line = json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n"
        self._stream.write(line)
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # pragma: no cover - not on Windows
            return
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OutputError(
                f"{self.path.parent}: another process is writing this run.",
                "Wait for it to end, or choose another --out.",
            ) from None

    def _cut_unfinished_line(self) -> None:
        size = self._stream.tell()
        with self.path.open("rb+") as stream:
            end = size
            while end:
                start = max(0, end - 65536)
                stream.seek(start)
                newline = stream.read(end - start).rfind(b"\n")
                if newline >= 0:
                    end = start + newline + 1
                    break
                end = start
            stream.truncate(end)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
