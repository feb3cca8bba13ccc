"""Where a run differs from the paper, or chooses what its text leaves open, each by a name."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Literal

__all__ = ["STATUSES", "Deviation", "all_deviations", "deviations_of"]

Status = Literal["stated", "inferred", "assumption", "deviation", "conflict"]

STATUSES: dict[Status, str] = {
    "stated": "the paper says so, and we do the same",
    "inferred": "it follows from what the paper says, or from its figures",
    "assumption": "the paper leaves it open; our choice",
    "deviation": "we know that we differ",
    "conflict": "the paper contradicts itself",
}
"""The status of a choice, and its meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A choice that a figure depends on."""

    name: str
    """What it is about."""
    status: Status
    """Its status; see `STATUSES`."""
    tables: Sequence[str]
    """The tables that it concerns."""
    paper: str
    """What the paper says, in our words."""
    here: str
    """What is done here."""
    change: str | None = None
    """What changes it; None if nothing does."""

    def to_json(self) -> dict[str, Any]:
        """Return its fields."""
        return {name: value for name, value in asdict(self).items() if name != "tables"}


@functools.cache
def all_deviations() -> tuple[Deviation, ...]:
    """Return the choices of every table."""
    text = resources.files(__package__).joinpath("deviations.json").read_text("utf-8")
    return tuple(Deviation(**row) for row in json.loads(text)["deviations"])


def deviations_of(table: str) -> list[Deviation]:
    """Return the choices that concern a table."""
    return [each for each in all_deviations() if table in each.tables]
