"""What invented people can be, have and do; every list is dealt without repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .data_files import read_data

__all__ = ["SPEAKER_NAMES", "TABLES", "SlotValue"]

SlotValue = str | Mapping[str, str]
"""A word or phrase, or several that belong together."""

_RAW = read_data("tables")

SPEAKER_NAMES: tuple[Sequence[str], Sequence[str]] = (
    _RAW["speakers"]["first"],
    _RAW["speakers"]["second"],
)
"""First names of the two speakers."""

TABLES: Mapping[str, Sequence[SlotValue]] = _RAW["slots"]
"""Lists that stories draw from, by name."""
