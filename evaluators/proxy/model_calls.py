"""Records calls that the metering proxy does not see: to models in the run's own processes.

A conversation's calls are lines of `model_calls.jsonl` in its work folder. Restarting a
conversation empties this folder, so the file is first moved to
`work/<conversation>.calls-<number>.jsonl`, because its calls also count.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from locomo_vqa.files import canonical_json, sha256_text
from locomo_vqa.jsonl_log import JsonlLog, read_jsonl_log
from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest, ModelError
from locomo_vqa.runs import Usage
from locomo_vqa.schemas import validate
from locomo_vqa.timestamps import utc_now

if TYPE_CHECKING:
    from .stages import CallStage

__all__ = [
    "MODEL_CALLS",
    "ModelCall",
    "ModelCalls",
    "keep_calls",
    "read_calls_of",
    "read_model_calls",
    "read_model_calls_of_each",
]

MODEL_CALLS = "model_calls.jsonl"
"""The name of the file in a conversation's work folder."""

_WHAT = "the list of a model's calls"
_KEPT = re.compile(r"\.calls-\d+\.jsonl$")
"""The end of the name that `keep_calls` gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """A line of model_calls.jsonl; None means "unknown"."""

    time: str
    """The end time: UTC, to the microsecond."""
    stage: CallStage
    """The purpose of the call."""
    model: str
    """The model's name."""
    outcome: Literal["ok", "error"]
    """Whether there was a reply."""
    replayed: bool
    """Whether a stored reply was used instead of asking the model."""
    input_tokens: int | None
    """The number of tokens in the prompt."""
    output_tokens: int | None
    """The number of tokens in the reply."""
    seconds: float | None
    """The model's time for the request; in a batch, an equal share of the batch's time."""
    batch: int | None
    """The number of requests that were answered together, including this one."""
    request_sha256: str | None = None
    """The SHA-256 of the request's content: attempts at the same request have the same."""


class ModelCalls:
    """Asks models and records each call; the file is created with the first one.

    A line is passed to the operating system before the reply is returned, so it is not lost even
    if the process is killed.
    """

    def __init__(self, workdir: Path) -> None:
        self._path = workdir / MODEL_CALLS
        self._file: JsonlLog | None = None

    async def ask(self, stage: CallStage, model: ChatModel, request: ChatRequest) -> ChatReply:
        """Return the model's reply.

        Raises:
            ModelError: the model did not reply; this is also recorded, as is any other error.
            OutputError: the file can't be written.
        """
        digits = sha256_text(canonical_json(request.parts()))
        try:
            reply = await model.ask(request)
        except Exception as error:
            usage = error.usage if isinstance(error, ModelError) else None
            self._add(stage, model.name, None, usage, digits)
            raise
        self._add(stage, model.name, reply, reply.usage, digits)
        return reply

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _add(
        self,
        stage: CallStage,
        model: str,
        reply: ChatReply | None,
        usage: Usage | None,
        digits: str,
    ) -> None:
        if self._file is None:
            remedy = "Wait for that process to end."
            self._file = JsonlLog(self._path, what=_WHAT, remedy=remedy, flush=False)
        seconds = reply.seconds if reply and not reply.replayed else None
        call = ModelCall(
            time=utc_now(),
            stage=stage,
            model=model,
            outcome="ok" if reply else "error",
            replayed=reply.replayed if reply else False,
            input_tokens=usage.input_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            seconds=None if seconds is None else round(seconds, 6),
            batch=reply.batch if reply else None,
            request_sha256=digits,
        )
        self._file.append(asdict(call))


def keep_calls(workdir: Path) -> None:
    """Move a conversation's calls out of its work folder before it is emptied."""
    number = 1
    while (kept := workdir.with_name(f"{workdir.name}.calls-{number}.jsonl")).exists():
        number += 1
    with contextlib.suppress(OSError):
        (workdir / MODEL_CALLS).rename(kept)


def read_model_calls(run: Path) -> Iterator[ModelCall]:
    """Yield the calls of a run folder, including those before a conversation was restarted.

    Raises:
        InputError: a file can't be read, or a line does not match its schema.
    """
    for _, call in read_model_calls_of_each(run):
        yield call


def read_model_calls_of_each(run: Path) -> Iterator[tuple[str, ModelCall]]:
    """Yield the calls of a run folder as `read_model_calls` does, each with its conversation.

    Raises:
        InputError: a file can't be read, or a line does not match its schema.
    """
    work = run / "work"
    kept = [(_KEPT.sub("", path.name), path) for path in sorted(work.glob("*.calls-*.jsonl"))]
    last = [(path.parent.name, path) for path in sorted(work.glob(f"*/{MODEL_CALLS}"))]
    for conversation, path in [*kept, *last]:
        for call in read_calls_of(path):
            yield conversation, call


def read_calls_of(path: Path) -> Iterator[ModelCall]:
    """Yield the calls of one file.

    Raises:
        InputError: it can't be read, or a line does not match its schema.
    """
    for number, row in read_jsonl_log(path, what=_WHAT):
        validate(
            row,
            "model_call",
            path=path,
            place=f"line {number}",
            remedy="Restore the file as the run wrote it.",
        )
        yield ModelCall(**row)
