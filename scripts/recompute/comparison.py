"""Counts what was compared, and keeps what differs."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

__all__ = ["Comparison"]

TOLERANCE = 2e-5
"""Relative: the values of questions are stored with seven digits."""
_ABSOLUTE = 1e-4
"""The page's groups have four decimals."""


class Comparison:
    """Counts what was compared, and keeps what differs."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.differences: list[str] = []

    def equal(
        self, what: str, place: str, shown: Any, computed: Any, tolerance: float = TOLERANCE
    ) -> None:
        """Compare a value that is shown with one that was computed here."""
        self.counts[what] += 1
        missing = [
            value is None or (isinstance(value, float) and math.isnan(value))
            for value in (shown, computed)
        ]
        if any(missing):
            same = all(missing)
        elif isinstance(computed, float) or isinstance(shown, float):
            same = math.isclose(float(shown), float(computed), rel_tol=tolerance, abs_tol=_ABSOLUTE)
        else:
            same = shown == computed
        if not same:
            self.differences.append(f"{place}: {what} is {shown!r}, computed {computed!r}")
