"""Reads the model calls of a run, made through the metering proxy or in its own processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json

from ..proxy.calls import Call
from ..proxy.ledger import read_calls
from ..proxy.model_calls import MODEL_CALLS, read_model_calls_of_each
from ..proxy.prices import PriceTable

__all__ = ["StageSums", "TimedCall", "has_calls", "read_stage_sums", "read_timed_calls"]

_CALLS = "calls.jsonl"
_EMBEDS = "/v1/embeddings"
_ANSWERS = frozenset({"/v1/chat/completions", "/v1/completions", "/v1/responses"})
"""The paths that count as model calls; others, such as /v1/models, don't."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedCall:
    """One request to a model, wherever it runs; None means "unknown"."""

    stage: str
    """The stage that made the request."""
    ok: bool
    """Whether there was a reply."""
    replayed: bool
    """Whether a stored reply was used instead of asking the model."""
    estimated: bool
    """Whether the token counts are estimated by the proxy."""
    input_tokens: int | None
    """The number of tokens in the prompt."""
    output_tokens: int | None
    """The number of tokens in the reply; None for embeddings."""
    seconds: float | None
    """The model's response time; None if the model was not asked or failed."""
    batch: int | None
    """The number of requests that were answered together, for an in-process model."""
    conversation: str = ""
    """The conversation that the request was made for."""
    time: str = ""
    """When the request began, or when an in-process model had answered it: UTC, as ISO 8601."""
    cost_usd: float | None = None
    """The price in US dollars; None also for an in-process model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSums:
    """The totals of one stage, from mem0's stages.json."""

    calls: int
    """The number of replies."""
    counted: int
    """The number of replies whose token counts are both known."""
    input_tokens: int
    """The prompt tokens of the counted replies."""
    output_tokens: int
    """The reply tokens of the counted replies."""


def has_calls(run: Path) -> bool:
    """Return whether a run folder has records of individual calls."""
    names = (_CALLS, f"work/*/{MODEL_CALLS}", "work/*.calls-*.jsonl")
    return any(next(run.glob(name), None) for name in names)


def read_timed_calls(run: Path, prices: PriceTable) -> list[TimedCall]:
    """Return all calls of a run folder, with their prices.

    Raises:
        InputError: a file can't be read, or a line does not match its schema.
    """
    calls = list(_read_metered_calls(run / _CALLS, prices)) if (run / _CALLS).is_file() else []
    for conversation, call in read_model_calls_of_each(run):
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
                conversation=conversation,
                time=call.time,
            )
        )
    return calls


def read_stage_sums(run: Path) -> dict[str, StageSums]:
    """Return mem0's totals by stage from the work folders, for runs without individual calls.

    A file that does not match the schema is skipped, because it is another system's.
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


def _read_metered_calls(path: Path, prices: PriceTable) -> Iterator[TimedCall]:
    for call in read_calls(path):
        if call.path in _ANSWERS or call.path == _EMBEDS:
            yield _of_proxy(call, prices)


def _of_proxy(call: Call, prices: PriceTable) -> TimedCall:
    embeds = call.path == _EMBEDS
    ok = call.outcome == "ok"
    return TimedCall(
        stage="embedding" if embeds else call.stage,
        ok=ok,
        replayed=call.replayed,
        estimated=call.counted == "approximated",
        input_tokens=call.input_tokens,
        output_tokens=None if embeds else call.output_tokens,
        seconds=call.latency_ms / 1000 if ok and not call.replayed else None,
        batch=None,
        conversation=call.conversation,
        time=call.time,
        cost_usd=prices.cost_of(call),
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
