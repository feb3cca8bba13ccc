"""The metering proxy: an endpoint on this machine that counts what a memory system asks for."""

from __future__ import annotations

from .prices import PriceTable, read_prices
from .server import MeteringProxy
from .stages import STAGES, Stage
from .summary import Summary, summarise

__all__ = [
    "STAGES",
    "MeteringProxy",
    "PriceTable",
    "Stage",
    "Summary",
    "read_prices",
    "summarise",
]
