"""A row of a predictions file with its original keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["RawRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """A row with its original keys."""

    place: str
    """The row's place in the file, for messages."""
    key: str | None
    """The file's name for the row's conversation; None if it has none."""
    fields: Mapping[str, Any]
    """The row's keys and values."""
