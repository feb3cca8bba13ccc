"""Asks a run's budget for a call, and counts what the call cost."""

from __future__ import annotations

from datetime import UTC, datetime

from locomo_vqa.budget import Budget, Ticket

from .calls import Call
from .counting import EMBEDDINGS, METERED, count_tokens
from .prices import PriceTable
from .request_body import RequestBody
from .stages import CallStage

__all__ = ["CallSpending"]


class CallSpending:
    """The part of one call in a budget."""

    def __init__(self, budget: Budget, prices: PriceTable) -> None:
        self._budget = budget
        self._prices = prices
        self._ticket: Ticket | None = None

    def admit(
        self,
        conversation: str,
        stage: CallStage,
        method: str,
        path: str,
        body: RequestBody,
        provider: str,
    ) -> bool:
        """Return whether the call may be made; `path` is the one after /v1."""
        if method == "GET":
            return True
        if path not in METERED:
            return self._budget.admit_unpriced(conversation, f"{method} /v1{path}")
        price = self._prices.find(body.model, provider, datetime.now(UTC).date())
        model = body.model or "a model that is not named"
        if price is None or (price.output is None and path != EMBEDDINGS):
            return self._budget.admit_unpriced(conversation, f"{model} at {provider}")
        sent = count_tokens(path, body.document, None, stream=False).input or 0
        least = price.cost_of(sent, 0) or 0.0
        self._ticket = self._budget.admit(conversation, (stage, model), least)
        return self._ticket is not None

    def settle(self, call: Call | None) -> None:
        """Count what the call cost, once; None if it ended in an unknown way."""
        if self._ticket is not None:
            cost = self._prices.cost_of(call) if call is not None else None
            self._budget.settle(self._ticket, cost)
            self._ticket = None
