"""Published numbers that were not recomputed here: facts with their sources, never ranked."""

from __future__ import annotations

from .rows import ReportedRow, reported_rows

__all__ = ["ReportedRow", "reported_rows"]
