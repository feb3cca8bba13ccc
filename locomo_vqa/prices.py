"""Prices tokens with a dated table of list prices, bundled or the user's own."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

from locomo_vqa.bounded_reading import read_bounded_text
from locomo_vqa.errors import InputError
from locomo_vqa.toml_gate import MAX_TOML_BYTES, load_toml

__all__ = ["Price", "PriceTable", "PricedCall", "bundled_prices", "read_prices"]

_REMEDY = "See the format in docs/metering.md."
_MILLION = 1_000_000
_REQUIRED = frozenset({"models", "host", "since", "input"})
_FIELDS = _REQUIRED | {"checked", "cached_input", "output"}


class PricedCall(Protocol):
    """What a call's price depends on."""

    @property
    def time(self) -> str:
        """When it began: UTC, as ISO 8601."""

    @property
    def method(self) -> str:
        """The HTTP method."""

    @property
    def provider(self) -> str:
        """The host and port of the endpoint."""

    @property
    def model(self) -> str | None:
        """The model named in the request."""

    @property
    def outcome(self) -> str:
        """How it ended; see `evaluators.proxy.calls.CallOutcome`."""

    @property
    def input_tokens(self) -> int | None:
        """Tokens sent, including those from the prefix cache; None if unknown."""

    @property
    def cached_tokens(self) -> int | None:
        """Tokens sent that came from the prefix cache."""

    @property
    def output_tokens(self) -> int | None:
        """Tokens received; None if unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A price in the table; amounts are US dollars per million tokens."""

    models: frozenset[str]
    """The model's names in requests."""
    host: str
    """The host that the price applies to, with or without a port."""
    since: date
    """The first day on which it applies."""
    checked: date | None
    """The last day on which it was checked."""
    input: float
    """The price of tokens sent."""
    cached_input: float | None
    """The price of tokens sent that came from the prefix cache; None for the same price."""
    output: float | None
    """The price of tokens received; None for models that return none."""

    def cost_of(self, sent: int, received: int, *, cached: int = 0) -> float | None:
        """Return what tokens cost in US dollars; None if the price of some is unknown."""
        if received and self.output is None:
            return None
        cached = cached if self.cached_input is not None else 0
        dollars = (
            (sent - cached) * self.input
            + cached * (self.cached_input or 0.0)
            + received * (self.output or 0.0)
        )
        return dollars / _MILLION


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """A table of prices."""

    name: str
    """The file's name, for reports."""
    prices: tuple[Price, ...]
    """The prices, in the file's order."""

    @property
    def dated(self) -> date | None:
        """The newest day in the table, which shows how old it is."""
        return max((p.checked or p.since for p in self.prices), default=None)

    def cost_of(self, call: PricedCall) -> float | None:
        """Return what a call cost in US dollars; None if that is unknown.

        A call that the endpoint refused or never got costs nothing, nor does one that only reads
        (GET). A replayed call costs as much as when it was recorded.
        """
        if call.outcome in ("http_error", "unreachable", "refused") or call.method == "GET":
            return 0.0
        day = datetime.fromisoformat(call.time).date()
        price = self.find(call.model, call.provider, day)
        if price is None or call.input_tokens is None or call.output_tokens is None:
            return None
        return price.cost_of(call.input_tokens, call.output_tokens, cached=call.cached_tokens or 0)

    def find(self, model: str | None, provider: str, day: date) -> Price | None:
        """Return the price of a model at a host (with its port) on a day; None if unknown."""
        host = provider.rpartition(":")[0] or provider
        fitting = [
            price
            for price in self.prices
            if model in price.models and price.host in (provider, host) and price.since <= day
        ]
        return max(fitting, key=lambda price: price.since, default=None)


@functools.cache
def bundled_prices() -> PriceTable:
    """Return the bundled table."""
    name = "prices.toml"
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return _table(text, Path(name))


def read_prices(path: Path) -> PriceTable:
    """Read a table of prices.

    Raises:
        InputError: the file can't be read, or does not match its schema.
    """
    text = read_bounded_text(path, what="the table of prices", most=MAX_TOML_BYTES)
    return _table(text, path)


def _table(text: str, path: Path) -> PriceTable:
    try:
        document = load_toml(text)
    except ValueError as error:
        raise InputError(f"{path}: is not TOML ({error}).", _REMEDY) from None
    lines = document.get("price")
    if document.get("schema_version") != 1 or not isinstance(lines, list):
        raise InputError(f"{path}: is not a price table of version 1.", _REMEDY)
    prices = []
    for number, line in enumerate(lines, 1):
        problem = _problem(line)
        if problem:
            raise InputError(f"{path}: price {number}: {problem}.", _REMEDY)
        prices.append(_price_of(line))
    return PriceTable(name=path.name, prices=tuple(prices))


def _price_of(line: Mapping[str, Any]) -> Price:
    return Price(
        models=frozenset(line["models"]),
        host=line["host"],
        since=line["since"],
        checked=line.get("checked"),
        input=float(line["input"]),
        cached_input=_amount(line.get("cached_input")),
        output=_amount(line.get("output")),
    )


def _amount(value: Any) -> float | None:
    return None if value is None else float(value)


def _problem(line: Any) -> str | None:
    """Return what is wrong with a price, or None."""
    if not isinstance(line, dict):
        return "is not a table"
    if unknown := sorted(line.keys() - _FIELDS):
        return f"{unknown[0]} is not a field; the fields are {', '.join(sorted(_FIELDS))}"
    if missing := sorted(_REQUIRED - line.keys()):
        return f"{missing[0]} is missing"
    models = line["models"]
    if not isinstance(models, list) or not models or not all(isinstance(m, str) for m in models):
        return "models must be a list of names"
    if not isinstance(line["host"], str):
        return "host must be a string"
    for name in ("since", "checked"):
        if name in line and type(line[name]) is not date:
            return f"{name} must be a date, such as 2026-01-31"
    for name in ("input", "cached_input", "output"):
        if name in line and not _is_amount(line[name]):
            return f"{name} must be an amount of dollars per million tokens"
    return None


def _is_amount(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0
