"""The run's context budget: lent to the system, and what came of it, for run.json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from locomo_vqa.context_budget import parse_context
from locomo_vqa.errors import InputError
from locomo_vqa.files import write_json
from locomo_vqa.models.token_counting import tokenizer_of, tokenizer_sha256
from locomo_vqa.run_seal import sealed
from locomo_vqa.runs import Run
from locomo_vqa.system import ContextBudget, Services

from ..memory.stage_names import is_model_name
from ..proxy.calls import Call
from ..proxy.ledger import read_calls
from .phases import Phases, read_phases

__all__ = ["INSTRUCTION_TOKENS", "describe_context", "lend_context", "with_context_outcome"]

INSTRUCTION_TOKENS = 512
"""What a request may have beyond the budget, for the instructions and the question."""

_ANSWERING = ("generation", "llm")
_WITH_TOKENS = frozenset({"/v1/chat/completions", "/v1/completions", "/v1/responses"})


def lend_context(services: Services, context: object) -> Services:
    """Return services with the budget, counted with the answering model's own tokenizer.

    The answering model is the run's, or the one that the option `generation` names.

    Raises:
        InputError: the budget is not a number of tokens, or the run has no model to hand it to.
    """
    tokens, model = parse_context(context), services.model
    if model is None:
        if tokens is not None:
            raise InputError(
                "`context` limits what a model is handed, but the run has no model.",
                "Name one as `model`, or leave `context` out.",
            )
        return services
    named = services.options.get("generation", "")
    tokenizer = tokenizer_of(named if is_model_name(named) else model)
    return replace(services, context=ContextBudget(tokens=tokens, tokenizer=tokenizer))


def describe_context(services: Services) -> dict[str, Any]:
    """Return the entry `context` of run.json for a new run; nothing without a model."""
    context = services.context
    if context is None:
        return {}
    digits = tokenizer_sha256(context.tokenizer)
    entry = {"tokens": context.tokens, "tokenizer": context.tokenizer, "tokenizer_sha256": digits}
    return {"context": entry}


def with_context_outcome(run: Run, *, by_harness: bool, calls: Path) -> Run:
    """Write to run.json how many tokens the answering model got, and whether the budget was kept.

    A system that answers itself may not say; then its requests are measured, if the proxy saw them:
    whole, so that `INSTRUCTION_TOKENS` more are allowed.

    Raises:
        InputError: the list of calls or the journal is damaged.
    """
    entry = run.info.get("context")
    if entry is None:
        return run
    known = {
        p.question_id: p.context_tokens for p in run.predictions if p.context_tokens is not None
    }
    if known:
        text = {q.id for q in run.benchmark.text_questions} if run.benchmark else known.keys()
        outcome = _outcome(
            "harness" if by_harness else "system", list(known.values()), entry["tokens"]
        )
        outcome["mean"] = _mean([n for question, n in known.items() if question in text])
    else:
        requests = _answering_requests(calls, run.folder)
        limit = None if entry["tokens"] is None else entry["tokens"] + INSTRUCTION_TOKENS
        outcome = _outcome("requests" if requests else "nothing", requests, limit)
    info = sealed({**run.info, "context": {**entry, **outcome}})
    write_json(run.folder / "run.json", info)
    return replace(run, info=info)


def _outcome(counted_by: str, counts: Sequence[int], limit: int | None) -> dict[str, Any]:
    over = None if limit is None else sum(count > limit for count in counts)
    return {
        "counted_by": counted_by,
        "counted": len(counts),
        "mean": _mean(counts),
        "most": max(counts, default=None),
        "over": over,
        "kept": None if over is None or not counts else over == 0,
    }


def _mean(counts: Sequence[int]) -> float | None:
    return round(fmean(counts), 3) if counts else None


def _answering_requests(calls: Path, folder: Path) -> list[int]:
    """Return the input tokens of the requests with text alone that were made for answers."""
    phases = read_phases(folder)
    if phases is None or not calls.is_file():
        return []
    return [
        call.input_tokens
        for call in _of_answers(read_calls(calls), phases)
        if call.input_tokens is not None and not call.images
    ]


def _of_answers(calls: Iterable[Call], phases: Phases) -> Iterable[Call]:
    return (
        call
        for call in calls
        if call.outcome == "ok"
        and call.path in _WITH_TOKENS
        and call.stage in _ANSWERING
        and not phases.is_reading(call.conversation, call.time)
    )
