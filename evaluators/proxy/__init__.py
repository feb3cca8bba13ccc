"""The metering proxy: a local endpoint that counts a memory system's requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .prices import PriceTable, read_prices
from .stages import CALL_STAGES, CallStage
from .summary import CallSummary, summarise

if TYPE_CHECKING:
    from .server import MeteringProxy

__all__ = [
    "CALL_STAGES",
    "CallStage",
    "CallSummary",
    "MeteringProxy",
    "PriceTable",
    "read_prices",
    "summarise",
]


def __getattr__(name: str) -> Any:
    """Import the server only where one is started: every run loads this package."""
    if name == "MeteringProxy":
        from .server import MeteringProxy

        return MeteringProxy
    raise AttributeError(name)
