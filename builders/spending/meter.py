"""Counts what a build's requests to endpoints cost, and keeps them within a budget."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from locomo_vqa.budget import Budget, Ticket, dollars
from locomo_vqa.closable import Closable
from locomo_vqa.errors import BudgetReached, InputError
from locomo_vqa.jsonl_log import JsonlLog
from locomo_vqa.models.chat import (
    ChatModel,
    ChatReply,
    ChatRequest,
    ModelError,
    ModelTimeout,
    ModelUnreachable,
)
from locomo_vqa.models.endpoint import parse_endpoint, provider_of
from locomo_vqa.prices import PriceTable
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.runs import Usage
from locomo_vqa.timestamps import utc_now

from ..recipe import BuildRecipe
from .calls import BuildCall, read_build_calls

__all__ = ["BuildMeter", "MeteredModel", "endpoint_of", "noting_step"]

_BYTES_A_TOKEN = 4
_WAIT_S = 0.02


class BuildMeter(Closable):
    """The calls of one work folder, and what they may cost."""

    def __init__(self, path: Path, prices: PriceTable, limit: float | None) -> None:
        """Read nothing yet; `path` is the list of calls, `limit` in US dollars."""
        self.prices = prices
        self.budget = Budget(limit)
        self._path = path
        self._file: JsonlLog | None = None
        self.step: tuple[str, int, int | None] = ("", 0, None)
        """The step of the build that is in progress, what is done of it, and of how many."""

    def check_priced(self, recipe: BuildRecipe, stages: set[str]) -> None:
        """Check that a budget can be kept: the price of every endpoint is known.

        Raises:
            InputError: one is unknown, or no stage asks an endpoint.
        """
        if self.budget.limit is None:
            return
        both = {"probe", "generate"}
        wanted = {"generator": both, "validator": {"probe"}, "verifier": both}
        asked = [role for role, needed in wanted.items() if needed & stages]
        specs = [(role, spec) for role in asked if (spec := getattr(recipe, role)) is not None]
        endpoints = [(role, spec) for role, spec in specs if spec.startswith("openai:")]
        if not endpoints:
            raise InputError(
                "`budget`: the build makes no calls to an endpoint.",
                "Leave it out: models in this process cost only time.",
            )
        for role, spec in endpoints:
            model, provider = endpoint_of(spec, role)
            if self.prices.find(model, provider, datetime.now(UTC).date()) is None:
                raise InputError(
                    f"`budget` can't be kept: no price is known for {model} at {provider} "
                    f"({self.prices.name} of {self.prices.dated}).",
                    "Give its price in a file with `prices` (its format is in docs/metering.md), "
                    "or leave `budget` out.",
                )

    def count_earlier(self) -> None:
        """Count what earlier calls of the same build have cost.

        Raises:
            InputError: the list is damaged.
        """
        for call in read_build_calls(self._path):
            cost = self.prices.cost_of(call)
            if cost is None and self.prices.find(call.model, call.provider, _day(call)) is None:
                self.budget.admit_unpriced("", f"{call.model} at {call.provider}")
            else:
                self.budget.count_earlier((call.stage, call.model), cost)

    def open(self, model: ChatModel, spec: str, *, role: str, stage: str) -> MeteredModel:
        """Return a model whose requests are counted."""
        endpoint = endpoint_of(spec, role) if spec.startswith("openai:") else None
        return MeteredModel(model, self, endpoint, role=role, stage=stage)

    def add(self, call: BuildCall) -> None:
        """Write a line."""
        if self._file is None:
            remedy = "Wait for that build to end."
            self._file = JsonlLog(self._path, what="the list of calls", remedy=remedy, flush=False)
        self._file.append(asdict(call))

    def reached(self) -> BudgetReached:
        """Return the error that ends the build in order."""
        step, done, total = self.step
        of = "" if total is None else f" of {total:,}"
        came = f"it came to {step}, {done:,}{of}" if step else "nothing was asked"
        limit, spent = dollars(self.budget.limit or 0), dollars(self.budget.spent)
        if self.budget.unpriced is not None:
            return BudgetReached(
                f"The build stopped before a call without a known price, to "
                f"{self.budget.unpriced}: {spent} of {limit} spent; {came}.",
                "Give the price in a file with `prices`, and repeat the call: nothing is paid for "
                "twice.",
            )
        return BudgetReached(
            f"The budget of {limit} is used up: {spent} spent; {came}.",
            "Repeat the call with the same `work` and a larger `budget` to go on: nothing is paid "
            "for twice.",
        )

    def close(self) -> None:
        """Close the list."""
        if self._file is not None:
            self._file.close()
            self._file = None


class MeteredModel:
    """A model whose requests are counted; one that does not fit into the budget is not sent.

    Then the requests in flight get their replies first, which the caller stores.
    """

    def __init__(
        self,
        model: ChatModel,
        meter: BuildMeter,
        endpoint: tuple[str, str] | None,
        *,
        role: str,
        stage: str,
    ) -> None:
        """`endpoint`: the model's name there, and the host; None for a model in this process."""
        self.name = model.name
        self.in_flight = model.in_flight
        self.stage = stage
        """What the next requests are for."""
        self._model = model
        self._meter = meter
        self._endpoint = endpoint
        self._role = role
        self._flying = 0

    def identity(self) -> Mapping[str, Any]:
        """Return the model's own identity."""
        return self._model.identity()

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the reply to one request.

        Raises:
            ModelError: there is no reply.
            BudgetReached: the request does not fit into the budget.
        """
        if self._endpoint is None:
            return await self._model.ask(request)
        ticket = await self._admit(request)
        begun, at = time.perf_counter(), utc_now()
        cost: float | None = None
        self._flying += 1
        try:
            reply = await self._model.ask(request)
            cost = self._count(self._call(at, request, "ok", reply.usage, begun))
            return reply
        except ModelError as error:
            cost = 0.0
            if error.sent:
                cost = self._count(self._call(at, request, _outcome(error), error.usage, begun))
            raise
        finally:
            self._flying -= 1
            self._meter.budget.settle(ticket, cost)

    def _count(self, call: BuildCall) -> float | None:
        self._meter.add(call)
        return self._meter.prices.cost_of(call)

    def _stage_of(self, request: ChatRequest) -> str:
        """Return what a request is for: to write a question has a schema, to check it has none."""
        return "quality" if self.stage == "generate" and request.schema is None else self.stage

    async def _admit(self, request: ChatRequest) -> Ticket:
        assert self._endpoint is not None
        model, provider = self._endpoint
        budget = self._meter.budget
        price = self._meter.prices.find(model, provider, datetime.now(UTC).date())
        if price is None:
            if not budget.admit_unpriced("", f"{model} at {provider}"):
                await self._refused()
            return Ticket((self._stage_of(request), model), 0.0)
        text = len(request.text.encode("utf-8", "replace"))
        least = price.cost_of(text // _BYTES_A_TOKEN, 0) or 0.0
        ticket = budget.admit("", (self._stage_of(request), model), least)
        return ticket or await self._refused()

    async def _refused(self) -> NoReturn:
        """Let the requests in flight get their replies, and end the build."""
        while self._flying:
            await asyncio.sleep(_WAIT_S)
        raise self._meter.reached()

    def _call(
        self, at: str, request: ChatRequest, outcome: str, usage: Usage | None, begun: float
    ) -> BuildCall:
        assert self._endpoint is not None
        return BuildCall(
            time=at,
            stage=self._stage_of(request),
            role=self._role,
            model=self._endpoint[0],
            provider=self._endpoint[1],
            outcome=outcome,
            input_tokens=usage.input_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            seconds=round(time.perf_counter() - begun, 4),
            images=len(request.images),
        )


def noting_step(meter: BuildMeter, report: ProgressCallback) -> ProgressCallback:
    """Return a callback that passes progress on, and notes it for the meter."""

    def note_step(step: str, done: int, total: int | None) -> None:
        meter.step = (step, done, total)
        report(step, done, total)

    return note_step


def endpoint_of(spec: str, role: str) -> tuple[str, str]:
    """Return the model's name at an endpoint, and the endpoint's host and port."""
    endpoint = parse_endpoint(spec, timeout_s=120.0, parameter=role)
    return endpoint.model, provider_of(endpoint)


def _outcome(error: ModelError) -> str:
    if isinstance(error, ModelTimeout):
        return "timeout"
    if isinstance(error, ModelUnreachable):
        return "unreachable"
    return "ok" if error.usage is not None else "http_error"


def _day(call: BuildCall) -> Any:
    return datetime.fromisoformat(call.time).date()
