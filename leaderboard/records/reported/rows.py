"""Reads the files of published numbers that come with the package, one for each source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from locomo_vqa.files import parse_json
from locomo_vqa.schemas import validate

__all__ = ["ReportedRow", "reported_rows"]

_REMEDY = "Install the package again."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRow:
    """One published number, as its source prints it."""

    system: str
    """The system, as the source names it."""
    model: str | None
    """The model that it runs on; None if the source doesn't name one beside the number."""
    teacher: str | None
    """The model that taught it, if the source names one."""
    benchmark: str
    """What was answered, in a few words."""
    metric: str
    """`l`, `j` or `v`: what the source calls by this name, with a judge and settings of its own."""
    value: float
    """The number, from 0 to 100."""
    title: str
    """The source's title."""
    url: str
    """The source's address."""
    table: str
    """Where in the source it is."""
    date: str
    """When the source was published: a day, or a month."""
    note: str | None
    """What a reader should know."""


@cache
def reported_rows() -> tuple[ReportedRow, ...]:
    """Return the published numbers that come with the package, by source, then in its order."""
    files = sorted(
        (file for file in resources.files(__package__).iterdir() if file.name.endswith(".json")),
        key=lambda file: file.name,
    )
    return tuple(
        row for file in files for row in _read_source(file.read_text(encoding="utf-8"), file.name)
    )


def _read_source(text: str, name: str) -> list[ReportedRow]:
    path = Path(name)
    document: dict[str, Any] = parse_json(text, path=path, what="the published numbers")
    validate(document, "reported", path=path, remedy=_REMEDY)
    optional = ("model", "teacher", "note")
    return [
        ReportedRow(**{**dict.fromkeys(optional), **document["source"], **row})
        for row in document["rows"]
    ]
