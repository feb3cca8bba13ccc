"""The metering proxy: an endpoint on this machine that counts what a memory system asks for."""

from __future__ import annotations

from .prices import PriceTable, read_prices
from .server import MeteringProxy
from .stages import CALL_STAGES, CallStage
from .summary import CallSummary, summarise

__all__ = [
    "CALL_STAGES",
    "CallStage",
    "CallSummary",
    "MeteringProxy",
    "PriceTable",
    "read_prices",
    "summarise",
]
