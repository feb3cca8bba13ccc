"""Finds pairs of entries that differ in one thing, and says what it changes.

Two pairs answer what a reader of a board asks first: what pixels are worth (`mem0-captions` and
`mem0-v` on one model), and what experts are worth (`mem0` and `memlora` on one model). Only ranked
entries that are neither withdrawn, superseded nor disputed are compared, and only if the contact
is the same: a stranger's entry under a known name must not change what is said of that system.
Entries under a name that is not their run's are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from locomo_vqa.metric_names import METRICS, metric_title

from ..board_entry import Entry
from ..results import result_row

__all__ = ["contrasts", "row_contrasts"]

_SHOWN = ("v", "j", "f1")
_MOST = 4
_SAME = ("contact", "answerer", "split", "table", "visual")
_Row = Mapping[str, Any]


def contrasts(entries: Iterable[Entry]) -> list[dict[str, str]]:
    """Return `split` and `text` of each pair among a board's entries, at most four for a split."""
    return row_contrasts(
        [
            {**result_row(entry), "contact": (entry.metadata or {}).get("contact")}
            for entry in entries
            if entry.state == "rescored" and entry.unranked is None and entry.standing == "current"
        ]
    )


def row_contrasts(rows: Sequence[_Row]) -> list[dict[str, str]]:
    """Return the pairs in rows of `result_row` that also have the entry's `contact`."""
    found: dict[str, list[str]] = {}
    for split, text in _pairs(rows):
        texts = found.setdefault(split, [])
        if text not in texts and len(texts) < _MOST:
            texts.append(text)
    return [{"split": split, "text": text} for split, texts in found.items() for text in texts]


def _pairs(rows: Sequence[_Row]) -> Iterator[tuple[str, str]]:
    known = [row for row in rows if row["ran"] and row["system"] == row["ran"][0]]
    for first in known:
        for second in known:
            if first["answerer"] is None or not _alike(first, second):
                continue
            split, on = first["split"], f"on {first['answerer']}"
            families = (_family(first), _family(second))
            seen = (first["images"], second["images"])
            if families[0] == families[1] and seen == ("caption", "pixels"):
                yield split, f"Pixels instead of captions, {on}: {_moved(first, second)}"
            if families == ("mem0", "memlora") and seen[0] == seen[1]:
                yield split, f"Experts instead of none, {on}: {_moved(first, second)}"


def _alike(first: _Row, second: _Row) -> bool:
    """Return whether two runs have the same contact, model, questions and options."""
    return (
        all(first[name] == second[name] for name in _SAME) and first["ran"][1:] == second["ran"][1:]
    )


def _family(row: _Row) -> str:
    """Return a system's name without what it sees: mem0 for mem0-captions and mem0-v."""
    name: str = row["system"]
    return name.removesuffix("-captions").removesuffix("-v")


def _moved(first: _Row, second: _Row) -> str:
    parts = []
    for name in _SHOWN:
        scores = [row["scores"][name] for row in (first, second)]
        values = [None if score.get("answered") == 0 else score["value"] for score in scores]
        if None not in values and (name != "j" or first["judge"] == second["judge"]):
            digits = 1 if METRICS[name].scale >= 100 else 3
            before, after = (f"{value:.{digits}f}" for value in values)
            by_rules = name == "j" and (first["judge"] or "").startswith("rules-")
            title = "J (by rules)" if by_rules else metric_title(name)
            parts.append(f"{title} {before} → {after}")
    return f"{', '.join(parts)}." if parts else "no common score."
