"""The price table, which the core has: builds use it too."""

from __future__ import annotations

from locomo_vqa.prices import Price, PriceTable, bundled_prices, read_prices

__all__ = ["Price", "PriceTable", "bundled_prices", "read_prices"]
