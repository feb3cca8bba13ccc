"""Sums up calls, tokens and time by stage and model, from the proxy's calls.jsonl."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from locomo_vqa.bounded_reading import MAX_LINES, MAX_TEXT_BYTES, open_bounded
from locomo_vqa.errors import InputError
from locomo_vqa.json_gate import load_json

__all__ = ["CallGroup", "Calls", "read_call_groups"]


@dataclass(slots=True)
class CallGroup:
    """The calls of one stage to one model."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    counted: int = 0
    """Calls whose input and output tokens are known."""
    failed: int = 0
    """Calls with an `outcome` without a reply."""
    replayed: int = 0
    """Calls that were answered with a recorded reply."""
    approximated: int = 0
    """Calls whose tokens are estimated."""
    latencies: list[float] = field(default_factory=list)
    """Milliseconds, for successful calls that were not replayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """The readable calls of a calls.jsonl."""

    groups: Mapping[tuple[str, str], CallGroup]
    """By stage and model, in order of appearance; `not named` for a missing name."""
    unreadable: int
    """Lines that are not a JSON object."""


def read_call_groups(path: Path) -> Calls | None:
    """Return the calls of a run; None if the file is missing or can't be read.

    A line has `stage`, `model`, `input_tokens`, `output_tokens`, `latency_ms`, `outcome`,
    `replayed` and `counted`. Fields that are missing or have the wrong type are excluded from the
    totals; they never count as 0.
    """
    groups: dict[tuple[str, str], CallGroup] = {}
    unreadable = 0
    try:
        for row in json_lines(path):
            if row is None:
                unreadable += 1
                continue
            key = (_name(row.get("stage")), _name(row.get("model")))
            _add(groups.setdefault(key, CallGroup()), row)
    except InputError:
        return None
    return Calls(groups=groups, unreadable=unreadable)


_LINE = 1 << 20
_MOST_ROWS = 500_000
"""A run on LoCoMo makes about 20,000 calls."""


def json_lines(path: Path) -> Iterator[dict[str, Any] | None]:
    """Yield the objects of a JSON Lines file one at a time; None for any other line.

    Raises:
        InputError: it can't be read, or is too large.
    """
    with open_bounded(path, what="the file of the run", most=MAX_TEXT_BYTES) as file:
        rows = 0
        for _ in range(MAX_LINES):
            line = file.readline(_LINE)
            if not line:
                return
            if not line.strip():
                continue
            rows += 1
            if rows > _MOST_ROWS:
                raise InputError(f"{path}: has more than {_MOST_ROWS:,} rows.", "")
            try:
                row = load_json(line, any_number=True)
            except ValueError:
                row = None
            yield row if isinstance(row, dict) else None


def _add(group: CallGroup, row: Mapping[str, Any]) -> None:
    group.calls += 1
    sent, received = (_number(row.get(key)) for key in ("input_tokens", "output_tokens"))
    if sent is not None and received is not None:
        group.counted += 1
        group.input_tokens += int(sent)
        group.output_tokens += int(received)
    failed = row.get("outcome", "ok") != "ok"
    replayed = row.get("replayed") is True
    group.failed += failed
    group.replayed += replayed
    group.approximated += row.get("counted") == "approximated"
    latency = _number(row.get("latency_ms"))
    if latency is not None and not failed and not replayed:
        group.latencies.append(latency)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _name(value: Any) -> str:
    return value if isinstance(value, str) and value else "not named"
