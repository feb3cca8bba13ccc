"""Small talk around the facts, none of which is ever asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .data_files import read_data

__all__ = ["PHRASES"]

PHRASES: Mapping[str, Sequence[str]] = read_data("phrases")
"""Phrases by purpose; `{you}` is the person spoken to, `{me}` the person whose story it is."""
