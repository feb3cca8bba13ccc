"""Published numbers as rows of a table, one for each system, model, benchmark and source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..records.reported import ReportedRow

__all__ = ["reported_table"]

_TEXTS = ("system", "model", "teacher", "benchmark", "title", "url", "table", "date")


def reported_table(rows: Iterable[ReportedRow]) -> list[dict[str, Any]]:
    """Return a row for the numbers that belong together, with `values` by metric and its notes."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        texts = {name: getattr(row, name) for name in _TEXTS}
        merged = found.setdefault(tuple(texts.values()), {**texts, "values": {}, "notes": []})
        merged["values"][row.metric] = row.value
        if row.note is not None and row.note not in merged["notes"]:
            merged["notes"].append(row.note)
    return list(found.values())
