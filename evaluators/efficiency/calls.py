"""Reads the calls of a run, from the metering proxy and from models in the run's own processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json
from locomo_vqa.jsonl_log import read_jsonl_log
from locomo_vqa.schemas import validate

from ..proxy.model_calls import MODEL_CALLS, read_model_calls

__all__ = ["StageSums", "TimedCall", "has_calls", "read_stage_sums", "read_timed_calls"]

_CALLS = "calls.jsonl"
_EMBEDS = "/v1/embeddings"
_ANSWERS = frozenset({"/v1/chat/completions", "/v1/completions", "/v1/responses"})
"""The paths at which a model is asked; others, such as /v1/models, don't count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedCall:
    """One request to a model, whatever runs it; None is "not known"."""

    stage: str
    """What it was for."""
    ok: bool
    """Whether there was a reply."""
    replayed: bool
    """Whether a stored reply was used, and the model was not asked."""
    estimated: bool
    """Whether the tokens are the proxy's estimate."""
    input_tokens: int | None
    """Tokens of the prompt."""
    output_tokens: int | None
    """Tokens of the reply; None for vectors."""
    seconds: float | None
    """What the model took; None if it was not asked or failed."""
    batch: int | None
    """How many requests were answered together, in this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSums:
    """The calls of one stage, as mem0's stages.json sums them up."""

    calls: int
    """Replies."""
    counted: int
    """Replies whose token counts are both known."""
    input_tokens: int
    """Tokens that these sent."""
    output_tokens: int
    """Tokens that these received."""


def has_calls(run: Path) -> bool:
    """Return whether a run folder has single calls."""
    names = (_CALLS, f"work/*/{MODEL_CALLS}", "work/*.calls-*.jsonl")
    return any(next(run.glob(name), None) for name in names)


def read_timed_calls(run: Path) -> list[TimedCall]:
    """Return all calls of a run folder.

    Raises:
        InputError: a file can't be read, or a line does not match its schema.
    """
    calls = list(_read_metered_calls(run / _CALLS)) if (run / _CALLS).is_file() else []
    for call in read_model_calls(run):
        calls.append(
            TimedCall(
                stage=call.stage,
                ok=call.outcome == "ok",
                replayed=call.replayed,
                estimated=False,
                input_tokens=call.input_tokens,
                output_tokens=call.output_tokens,
                seconds=call.seconds,
                batch=call.batch,
            )
        )
    return calls


def read_stage_sums(run: Path) -> dict[str, StageSums]:
    """Return the sums by stage that mem0 left in the work folders; for runs without single calls.

    A file that does not match its schema is skipped: it is a system's own.
    """
    sums: dict[str, StageSums] = {}
    for path in sorted((run / "work").glob("*/stages.json")):
        try:
            content = read_json(path, what="the stages")
            found = {stage: _stage_sums(tally) for stage, tally in content["stages"].items()}
        except (InputError, AttributeError, KeyError, TypeError):
            continue
        for stage, one in found.items():
            sums[stage] = _add_sums(sums[stage], one) if stage in sums else one
    return sums


def _read_metered_calls(path: Path) -> Iterator[TimedCall]:
    for number, row in read_jsonl_log(path, what="the list of calls"):
        validate(
            row,
            "call",
            path=path,
            place=f"line {number}",
            remedy="Restore the file as the run wrote it.",
        )
        if row["path"] in _ANSWERS or row["path"] == _EMBEDS:
            yield _of_proxy(row)


def _of_proxy(row: Mapping[str, Any]) -> TimedCall:
    embeds = row["path"] == _EMBEDS
    ok, replayed = row["outcome"] == "ok", row["replayed"]
    return TimedCall(
        stage="embedding" if embeds else row["stage"],
        ok=ok,
        replayed=replayed,
        estimated=row["counted"] == "approximated",
        input_tokens=row["input_tokens"],
        output_tokens=None if embeds else row["output_tokens"],
        seconds=row["latency_ms"] / 1000 if ok and not replayed else None,
        batch=None,
    )


def _stage_sums(tally: Mapping[str, Any]) -> StageSums:
    return StageSums(
        calls=int(tally["calls"]),
        counted=int(tally["counted_calls"]),
        input_tokens=int(tally["input_tokens"] or 0),
        output_tokens=int(tally["output_tokens"] or 0),
    )


def _add_sums(first: StageSums, second: StageSums) -> StageSums:
    names = StageSums.__slots__
    return StageSums(**{name: getattr(first, name) + getattr(second, name) for name in names})
