"""A list of calls to endpoints, what they cost, and what they may cost."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from locomo_vqa.budget import Budget
from locomo_vqa.closable import Closable
from locomo_vqa.errors import BudgetReached, InputError
from locomo_vqa.jsonl_log import JsonlLog, read_jsonl_log
from locomo_vqa.models.endpoint import parse_endpoint, provider_of
from locomo_vqa.prices import PriceTable
from locomo_vqa.schemas import validate

__all__ = [
    "CallMeter",
    "ModelCall",
    "check_spec_priced",
    "endpoint_of",
    "is_priced",
    "metering",
    "read_model_calls",
    "scope_of_calls",
    "unpriced_error",
]

_WHAT = "the list of calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """A line of the list: a request that was sent."""

    time: str
    """When the request was sent: UTC, as ISO 8601."""
    stage: str
    """What it was for."""
    role: str
    """The argument that names the model, such as `judge`."""
    model: str
    """The model named in the request."""
    provider: str
    """The host and port of the endpoint."""
    outcome: str
    """`ok`, `http_error`, `unreachable`, `timeout`, or `cancelled`: interrupted in flight."""
    input_tokens: int | None
    """Tokens in, as the endpoint counts them; None if it did not say."""
    output_tokens: int | None
    """Tokens out."""
    seconds: float
    """From the request to the reply, repeated attempts included."""
    images: int
    """The number of images in the request."""

    @property
    def method(self) -> str:
        """The HTTP method, for the price."""
        return "POST"

    @property
    def cached_tokens(self) -> int | None:
        """Not known."""
        return None


def read_model_calls(path: Path, *, schema: str, remedy: str) -> Iterator[ModelCall]:
    """Yield the calls of a list; none if it does not exist.

    Raises:
        InputError: the file can't be read, or a line does not match the schema.
    """
    if not path.is_file():
        return
    for number, row in read_jsonl_log(path, what=_WHAT):
        validate(row, schema, path=path, place=f"line {number}", remedy=remedy)
        yield ModelCall(**row)


class CallMeter(Closable):
    """A list of calls, and what they may cost."""

    def __init__(self, path: Path, prices: PriceTable, limit: float | None, *, busy: str) -> None:
        """Read nothing yet.

        `path` is the list, `limit` in US dollars, and `busy` what to do if another process writes
        the list.
        """
        self.prices = prices
        self.budget = Budget(limit)
        self._path = path
        self._busy = busy
        self._file: JsonlLog | None = None

    @abstractmethod
    def reached(self) -> BudgetReached:
        """Return the error that ends the calls in order."""

    def add(self, call: ModelCall) -> None:
        """Write a line."""
        if self._file is None:
            self._file = JsonlLog(self._path, what=_WHAT, remedy=self._busy, flush=False)
        self._file.append(asdict(call))

    def count(self, call: ModelCall) -> None:
        """Count an earlier call; one without a known price makes a budget refuse all others."""
        cost = self.prices.cost_of(call)
        day = datetime.fromisoformat(call.time).date()
        if cost is None and self.prices.find(call.model, call.provider, day) is None:
            self.budget.admit_unpriced("", f"{call.model} at {call.provider}")
        else:
            self.budget.count_earlier((call.stage, call.model), cost)

    def close(self) -> None:
        """Close the list."""
        if self._file is not None:
            self._file.close()
            self._file = None


def endpoint_of(spec: str, role: str) -> tuple[str, str]:
    """Return the model's name at an endpoint, and the endpoint's host and port."""
    endpoint = parse_endpoint(spec, timeout_s=120.0, parameter=role)
    return endpoint.model, provider_of(endpoint)


def is_priced(spec: str, prices: PriceTable, *, role: str = "model") -> bool:
    """Return whether the price of an endpoint's model is known today."""
    return prices.find(*endpoint_of(spec, role), datetime.now(UTC).date()) is not None


def check_spec_priced(spec: str, prices: PriceTable, *, role: str = "model") -> None:
    """Check that the price of an endpoint's model is known today.

    Raises:
        InputError: it is not.
    """
    if not is_priced(spec, prices, role=role):
        model, provider = endpoint_of(spec, role)
        raise unpriced_error(f"{model} at {provider}", prices)


def unpriced_error(what: str, prices: PriceTable) -> InputError:
    """Return the error that a budget can't be kept, because a price is unknown."""
    return InputError(
        f"`budget` can't be kept: no price is known for {what} ({prices.name} of {prices.dated}).",
        "Give its price in a file with `prices` (its format is in docs/metering.md), or leave "
        "`budget` out.",
    )


_SCOPE: ContextVar[tuple[CallMeter, str] | None] = ContextVar("metering", default=None)


@contextmanager
def metering(meter: CallMeter, stage: str) -> Iterator[None]:
    """Count the calls of the judges and teachers that are opened in the block.

    It holds for this thread and the coroutines that it starts, and not for other processes.
    """
    token = _SCOPE.set((meter, stage))
    try:
        yield
    finally:
        _SCOPE.reset(token)


def scope_of_calls() -> tuple[CallMeter, str] | None:
    """Return the meter of the innermost `metering` block, and its stage; None outside of one."""
    return _SCOPE.get()
