"""What takes submissions, and what it says about one that it took."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .draft import Draft

__all__ = ["Destination", "Placed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a submission is now."""

    place: str
    """A folder, a branch of a repository, or a pull request, without credentials."""
    folder: Path | None = None
    """Its folder, if it is on this machine."""
    url: str | None = None
    """The address of its pull request."""
    is_new: bool = True
    """Whether it was put there now; otherwise the same submission was there already."""
    advice: str | None = None
    """What the submitter has to do next."""


class Destination(Protocol):
    """Takes submissions."""

    def explain(self, draft: Draft) -> str:
        """Return a sentence on what `send` will do."""

    def send(self, draft: Draft) -> Placed:
        """Put a submission in its place, or find it there.

        Raises:
            OutputError: another submission has its name and date, or it can't be put there.
        """
