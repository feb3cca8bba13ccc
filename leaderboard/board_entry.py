"""An entry of the board: one submission with the result of its verification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from locomo_vqa.runs import SplitChoice

__all__ = ["Entry", "EntryState"]

EntryState = Literal["rescored", "rejected"]
"""The result of an entry's verification:

rescored   it is complete and unchanged, and its scores were computed here
rejected   it has problems, and no scores
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One submission, after verification."""

    name: str
    """`<system>__<answerer>/<date>`."""
    state: EntryState
    """See `EntryState`."""
    problems: tuple[str, ...] = ()
    """Why it was rejected, one sentence per reason."""
    notes: tuple[str, ...] = ()
    """Notes for the maintainer that don't lead to rejection, one sentence each."""
    split: SplitChoice | None = None
    """The questions it answers; None if run.json can't be read."""
    uses_images: bool | None = None
    """Whether the system uses pixels, according to run.json; None if that can't be read."""
    ran: tuple[str, ...] = ()
    """The system's own name in run.json, and its options except for its experts."""
    metadata: Mapping[str, Any] | None = None
    """The content of its metadata.yaml; None if that can't be read."""
    files: Mapping[str, str]
    """SHA-256 of each readable file, by name."""
    scores: Mapping[str, Any] | None = None
    """The scores, as `Scores.to_json` returns them; None if rejected."""

    def __repr__(self) -> str:
        return f"<Entry {self.name!r}: {self.state}>"

    def value(self, metric: str) -> float | None:
        """Return the overall value of a metric; None if it was not computed."""
        scores = self.scores["metrics"].get(metric) if self.scores else None
        value: float | None = scores["overall"]["value"] if scores else None
        return value
