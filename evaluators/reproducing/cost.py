"""What rows cost, and the sums of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Cost", "Part", "total_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The calls to one model for one purpose."""

    what: str
    """What it is for: `run`, `teacher`, `search` or `judge`."""
    model: str
    """The paper's model, or the judge."""
    calls: int
    """How many calls."""
    tokens_in: float
    """The tokens that are sent."""
    tokens_out: float
    """The tokens that come back."""
    hours: float | None
    """Hours of calls, one at a time; None if its seconds per answer are not known."""
    dollars: float | None
    """The price by the table of prices; None if that has none."""
    step: str
    """The key of the step that makes the calls."""

    def to_json(self) -> dict[str, Any]:
        """Return its figures."""
        return {
            "what": self.what,
            "model": self.model,
            **_figures(self.calls, self.tokens_in, self.tokens_out, self.hours, self.dollars),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What rows cost, at most; see `counting`."""

    parts: Sequence[Part]
    """The calls to each model for each purpose."""

    @property
    def calls(self) -> int:
        """All calls."""
        return sum(part.calls for part in self.parts)

    @property
    def tokens_in(self) -> float:
        """All tokens sent."""
        return sum(part.tokens_in for part in self.parts)

    @property
    def tokens_out(self) -> float:
        """All tokens received."""
        return sum(part.tokens_out for part in self.parts)

    @property
    def hours(self) -> float | None:
        """Hours of all calls, one at a time; None if the hours of a part are not known."""
        return _sum([part.hours for part in self.parts])

    @property
    def known_hours(self) -> float:
        """Hours of the calls whose seconds are known."""
        return sum(part.hours for part in self.parts if part.hours is not None)

    @property
    def dollars(self) -> float | None:
        """The price; None if that of a part is not known."""
        return _sum([part.dollars for part in self.parts])

    def to_json(self) -> dict[str, Any]:
        """Return the sums, and each part."""
        sums = _figures(self.calls, self.tokens_in, self.tokens_out, self.hours, self.dollars)
        return {**sums, "parts": [part.to_json() for part in self.parts]}


def _figures(
    calls: int, sent: float, came: float, hours: float | None, dollars: float | None
) -> dict[str, Any]:
    return {
        "calls": calls,
        "tokens_in": round(sent),
        "tokens_out": round(came),
        "hours": None if hours is None else round(hours, 2),
        "dollars": None if dollars is None else round(dollars, 2),
    }


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def total_of(costs: Sequence[Cost]) -> Cost:
    """Return the cost of several rows; the calls of a step that they share count once."""
    parts = {(part.step, part.what, part.model): part for cost in costs for part in cost.parts}
    return Cost(parts=list(parts.values()))
