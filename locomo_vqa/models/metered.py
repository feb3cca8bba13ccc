"""A model whose requests are counted, and which sends none that doesn't fit into a budget."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NoReturn

from locomo_vqa.budget import Ticket
from locomo_vqa.errors import OutputError
from locomo_vqa.models.call_meter import CallMeter, ModelCall, endpoint_of, scope_of_calls
from locomo_vqa.models.chat import (
    ChatModel,
    ChatReply,
    ChatRequest,
    ModelError,
    ModelTimeout,
    ModelUnreachable,
)
from locomo_vqa.runs import Usage
from locomo_vqa.timestamps import utc_now

__all__ = ["MeteredModel", "metered"]

_BYTES_A_TOKEN = 4
_WAIT_S = 0.02


class MeteredModel:
    """A model whose requests are counted; one that does not fit into the budget is not sent.

    Then the requests in flight get their replies first, which the caller stores.
    """

    def __init__(
        self,
        model: ChatModel,
        meter: CallMeter,
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
        except asyncio.CancelledError:  # The endpoint may charge for it.
            with suppress(OutputError):  # On a full disk, the error that cancelled it says so.
                self._count(self._call(at, request, "cancelled", None, begun))
            raise
        finally:
            self._flying -= 1
            self._meter.budget.settle(ticket, cost)

    def stage_of(self, request: ChatRequest) -> str:
        """Return what a request is for."""
        return self.stage

    def _count(self, call: ModelCall) -> float | None:
        self._meter.add(call)
        return self._meter.prices.cost_of(call)

    async def _admit(self, request: ChatRequest) -> Ticket:
        assert self._endpoint is not None
        model, provider = self._endpoint
        budget = self._meter.budget
        price = self._meter.prices.find(model, provider, datetime.now(UTC).date())
        if price is None:
            if not budget.admit_unpriced("", f"{model} at {provider}"):
                await self._refused()
            return Ticket((self.stage_of(request), model), 0.0)
        text = len(request.text.encode("utf-8", "replace"))
        least = price.cost_of(text // _BYTES_A_TOKEN, 0) or 0.0
        ticket = budget.admit("", (self.stage_of(request), model), least)
        return ticket or await self._refused()

    async def _refused(self) -> NoReturn:
        """Let the requests in flight get their replies, and end the work."""
        while self._flying:
            await asyncio.sleep(_WAIT_S)
        raise self._meter.reached()

    def _call(
        self, at: str, request: ChatRequest, outcome: str, usage: Usage | None, begun: float
    ) -> ModelCall:
        assert self._endpoint is not None
        return ModelCall(
            time=at,
            stage=self.stage_of(request),
            role=self._role,
            model=self._endpoint[0],
            provider=self._endpoint[1],
            outcome=outcome,
            input_tokens=usage.input_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            seconds=round(time.perf_counter() - begun, 4),
            images=len(request.images),
        )


def metered(model: ChatModel, spec: str, *, role: str) -> ChatModel:
    """Return a model whose requests are counted, within a block of `metering`; else the model.

    `spec` is its name, and `role` the argument that gave it. A model in this process costs nothing.
    """
    scope = scope_of_calls()
    if scope is None or not spec.startswith("openai:"):
        return model
    meter, stage = scope
    return MeteredModel(model, meter, endpoint_of(spec, role), role=role, stage=stage)


def _outcome(error: ModelError) -> str:
    if isinstance(error, ModelTimeout):
        return "timeout"
    if isinstance(error, ModelUnreachable):
        return "unreachable"
    return "ok" if error.usage is not None else "http_error"
