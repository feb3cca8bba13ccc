"""Reads run files of TREC: lines of question id, Q0, turn, rank, score and tag."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path

from locomo_vqa.errors import InputError

__all__ = ["is_trec_line", "parse_trec_lines"]

_LINE = re.compile(r"[^\s\[{\"]\S*\s+\S+\s+\S+\s+-?\d{1,9}\s+-?[0-9.][0-9.eE+-]*\s+\S+")
_SHAPE = "Each line must have six fields: question id, Q0, turn, rank, score, tag."


def is_trec_line(line: str) -> bool:
    """Return whether a line has the six fields of a TREC run."""
    return len(line) < 10_000 and _LINE.fullmatch(line.strip()) is not None


def parse_trec_lines(lines: Iterable[tuple[int, str]], path: Path) -> dict[str, list[str]]:
    """Return the turns by question id, highest score first, as trec_eval orders them.

    Equal scores keep the order of the file.

    Raises:
        InputError: a line doesn't have six fields, or its score is not a finite number.
    """
    scored: dict[str, dict[str, float]] = {}
    for number, line in lines:
        fields = line.split()
        if not fields:
            continue
        try:
            question, _, turn, _, score, _ = fields
            value = float(score)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(f"{path}: line {number} is not a line of a TREC run.", _SHAPE)
        scored.setdefault(question, {}).setdefault(turn, value)
    return {
        question: sorted(turns, key=lambda turn: -turns[turn]) for question, turns in scored.items()
    }
