"""What the calls of a stage cost, for each token in and out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from locomo_vqa.models.loopback import is_loopback
from locomo_vqa.prices import PriceTable

from ..proxy.calls import Call

__all__ = ["Unit", "unit_of"]


@dataclass(frozen=True, slots=True)
class Unit:
    """The model that a call went to, and the price of its tokens in US dollars."""

    model: str
    provider: str
    sent: float | None
    """Of a token in, of which some may come from the prefix cache; None if unknown."""
    came: float | None
    """Of a token out; None if unknown."""

    @property
    def is_here(self) -> bool:
        """Whether the endpoint is on this machine."""
        return is_loopback(urlsplit(f"//{self.provider}").hostname or "")


def unit_of(call: Call, prices: PriceTable) -> Unit:
    """Return what a token of a call costs."""
    model = call.model or "a model that is not named"
    day = datetime.fromisoformat(call.time).date()
    price = prices.find(call.model, call.provider, day)
    if price is None:
        return Unit(model, call.provider, None, None)
    tokens = call.input_tokens or 0
    cached = call.cached_tokens or 0
    sent = price.cost_of(tokens, 0, cached=cached) if tokens else price.cost_of(1, 0)
    each = None if sent is None else sent / (tokens or 1)
    came = price.cost_of(0, 1) if price.output is not None else 0.0
    return Unit(model, call.provider, each, came)
