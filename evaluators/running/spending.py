"""A run's budget: what earlier parts have spent, and the error when it is used up."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from locomo_vqa.budget import Budget, dollars
from locomo_vqa.errors import BudgetReached, InputError
from locomo_vqa.models.call_meter import check_spec_priced, is_priced, unpriced_error
from locomo_vqa.models.endpoint import parse_endpoint, provider_of
from locomo_vqa.models.loopback import is_loopback
from locomo_vqa.text import counted

if TYPE_CHECKING:
    from locomo_vqa.prices import PriceTable

    from .metering_settings import MeteringSettings

__all__ = [
    "budget_reached",
    "check_countable",
    "check_counted",
    "check_priced",
    "count_earlier_calls",
]


def check_priced(model: str | None, prices: PriceTable) -> None:
    """Check that the price of a run's endpoint is known, before anything is asked.

    Raises:
        InputError: it is not.
    """
    if model is None or not model.startswith("openai:"):
        return
    check_spec_priced(model, prices)


def check_counted(spec: str | None, prices: PriceTable, *, named_by: str) -> None:
    """Check that a model that is asked beside the run's, and not counted, costs nothing.

    One in this process costs nothing, nor does one on this machine without a price.

    Args:
        spec: the model's name; None for no model.
        prices: the prices.
        named_by: what errors call the argument or option that names it.

    Raises:
        InputError: it may cost something.
    """
    if spec is None or not spec.startswith("openai:"):
        return
    endpoint = parse_endpoint(spec, timeout_s=120.0)
    host = urlsplit(endpoint.base_url).hostname or ""
    if is_loopback(host) and not is_priced(spec, prices):
        return
    raise InputError(
        f"`budget` can't be kept: the calls to {endpoint.model} at {provider_of(endpoint)}, which "
        f"{named_by} names, are not counted.",
        "Name a model in this process, or one on this machine that costs nothing, or leave "
        "`budget` out.",
    )


def check_countable(metering: MeteringSettings) -> None:
    """Check that no budget is given for a server whose calls can't be counted.

    Raises:
        InputError: one is.
    """
    if metering.budget is not None:
        raise InputError(
            "`budget` can't be kept: the calls of a server on another machine are not counted.",
            "Run the server on this machine, or leave `budget` out.",
        )


def count_earlier_calls(budget: Budget, ledger: Path, prices: PriceTable) -> None:
    """Count what the calls of earlier parts of the same run cost.

    Raises:
        InputError: the list of calls is damaged, or the price of one is unknown.
    """
    from ..proxy.ledger import read_calls

    if not ledger.is_file():
        return
    for call in read_calls(ledger):
        if call.replayed:
            continue
        cost = prices.cost_of(call)
        model = call.model or "a model that is not named"
        if cost is None:
            day = datetime.fromisoformat(call.time).date()
            priced = prices.find(call.model, call.provider, day) is not None
            if not priced and budget.limit is not None:
                raise unpriced_error(f"an earlier call to {model} at {call.provider}", prices)
            if not priced:
                budget.admit_unpriced(call.conversation, model)
                continue
        budget.count_earlier((call.stage, model), cost)


def budget_reached(
    budget: Budget, *, done: int, total: int, out: Path, part: str | None = None
) -> BudgetReached:
    """Return the error that ends a run in order; `part` names the repeat that it is one of."""
    of = f" of {part}" if part else ""
    known = f"{done:,} of {counted(total, 'question')}{of} have an outcome"
    if budget.unpriced is not None:
        return BudgetReached(
            f"The run stopped before a call without a known price, to {budget.unpriced}: "
            f"{dollars(budget.spent)} of {dollars(budget.limit or 0)} spent, {known}.",
            f"Give the price in a file with `prices`, and repeat the call with `out` {out}: "
            "nothing is paid for twice.",
        )
    return BudgetReached(
        f"The budget of {dollars(budget.limit or 0)} is used up: {dollars(budget.spent)} spent, "
        f"{known}.",
        f"Repeat the call with `out` {out} and a larger `budget` to go on: nothing is paid for "
        "twice.",
    )
