"""Calls to models that the metering proxy does not see: those that run in a process of the run.

A conversation's calls are lines of `model_calls.jsonl` in its work folder. When a conversation is
begun again, which empties that folder, the file is moved beside it, as
`work/<conversation>.calls-<number>.jsonl`: its calls were made too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from locomo_vqa.jsonl_log import JsonlLog, read_jsonl_log
from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest, ModelError
from locomo_vqa.runs import Usage
from locomo_vqa.schemas import validate

if TYPE_CHECKING:
    from .stages import CallStage

__all__ = ["MODEL_CALLS", "ModelCall", "ModelCalls", "keep_calls", "read_model_calls"]

MODEL_CALLS = "model_calls.jsonl"
"""The file of a conversation's work folder."""

_WHAT = "the list of a model's calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """A line of model_calls.jsonl; None is "not known"."""

    time: str
    """When it ended: UTC, to the millisecond."""
    stage: CallStage
    """What it was for."""
    model: str
    """The model's name."""
    outcome: Literal["ok", "error"]
    """Whether there was a reply."""
    replayed: bool
    """Whether a stored reply was used, and the model was not asked."""
    input_tokens: int | None
    """Tokens of the prompt."""
    output_tokens: int | None
    """Tokens of the reply."""
    seconds: float | None
    """How long the model worked on it: its equal share where it was answered in a batch."""
    batch: int | None
    """How many requests were answered together with it."""


class ModelCalls:
    """Asks models, and writes each call down; the file is made with the first one.

    A line is with the operating system before the reply is returned, so the end of the process
    can't lose it.
    """

    def __init__(self, workdir: Path) -> None:
        self._path = workdir / MODEL_CALLS
        self._file: JsonlLog | None = None

    async def ask(self, stage: CallStage, model: ChatModel, request: ChatRequest) -> ChatReply:
        """Return the model's reply.

        Raises:
            ModelError: the model gave none; that is recorded too.
            OutputError: the file can't be written.
        """
        try:
            reply = await model.ask(request)
        except ModelError as error:
            self._add(stage, model.name, None, error.usage)
            raise
        self._add(stage, model.name, reply, reply.usage)
        return reply

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _add(
        self, stage: CallStage, model: str, reply: ChatReply | None, usage: Usage | None
    ) -> None:
        if self._file is None:
            remedy = "Wait for that process to end."
            self._file = JsonlLog(self._path, what=_WHAT, remedy=remedy, flush=False)
        seconds = reply.seconds if reply and not reply.replayed else None
        call = ModelCall(
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            stage=stage,
            model=model,
            outcome="ok" if reply else "error",
            replayed=reply.replayed if reply else False,
            input_tokens=usage.input_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            seconds=None if seconds is None else round(seconds, 6),
            batch=reply.batch if reply else None,
        )
        self._file.append(asdict(call))


def keep_calls(workdir: Path) -> None:
    """Move a conversation's calls out of its work folder, which is about to be emptied."""
    number = 1
    while (kept := workdir.with_name(f"{workdir.name}.calls-{number}.jsonl")).exists():
        number += 1
    with contextlib.suppress(OSError):
        (workdir / MODEL_CALLS).rename(kept)


def read_model_calls(run: Path) -> Iterator[ModelCall]:
    """Yield the calls of a run folder, those of conversations that were begun again among them.

    Raises:
        InputError: a file can't be read, or a line does not match its schema.
    """
    work = run / "work"
    for path in [*sorted(work.glob("*.calls-*.jsonl")), *sorted(work.glob(f"*/{MODEL_CALLS}"))]:
        for number, row in read_jsonl_log(path, what=_WHAT):
            validate(
                row,
                "model_call",
                path=path,
                place=f"line {number}",
                remedy="Restore the file as the run wrote it.",
            )
            yield ModelCall(**row)
