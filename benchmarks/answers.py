"""Pairs of predictions and gold answers for the benchmarks of text metrics."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Rows", "invent_rows", "read_rows", "rows_of"]

Rows = list[tuple[str, str]]

VOCABULARY = (
    "she he they bought purchased a the new old car automobile guitar in on May June 2023 with her "
    "his family friends after before trip hiking painting Lisbon lake happy glad children kids "
    "started began running a picture photo of sunset"
)


def read_rows(path: Path) -> Rows:
    """Return pairs of prediction and gold answer.

    The file is JSON: rows with `answer` (gold) and `response` (prediction), in a list or in lists
    by conversation.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    groups = data.values() if isinstance(data, dict) else [data]
    return [(str(row["response"]), str(row["answer"])) for rows in groups for row in rows]


def invent_rows(count: int) -> Rows:
    """Return pairs of generated sentences, always the same ones."""
    rng = random.Random(0)
    words = VOCABULARY.split()

    def sentence(most: int) -> str:
        return " ".join(rng.choices(words, k=rng.randint(1, most))) + "."

    return [(sentence(20), sentence(10)) for _ in range(count)]


def rows_of(paths: Sequence[Path], count: int) -> Rows:
    """Return the first `count` pairs of some files, or invented ones if no file is given."""
    rows = [row for path in paths for row in read_rows(path)][:count]
    return rows or invent_rows(count)
