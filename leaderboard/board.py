"""The board: every entry with the result of its verification, as in board.json."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, sha256_text
from locomo_vqa.html_table import html_table
from locomo_vqa.json_gate import Budget
from locomo_vqa.schemas import validate

from .board_entry import Entry, EntryCheck
from .question_scores import read_question_scores
from .records.results_csv import board_frame
from .summary import COLUMNS, NUMBERS, remarks, summary_rows

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

__all__ = ["BOARD_FILE", "Board", "read_board"]

BOARD_FILE = "board.json"
"""The board's file, at the root of the folder of submissions."""

_MOST_MEMORY = 512 << 20
"""What its values may take: about 1,700 entries, scored on ten conversations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All submissions to one benchmark; it iterates over its entries."""

    folder: Path
    """The folder of submissions, which is not part of board.json."""
    dataset: str
    """The benchmark's name."""
    revision: str
    """See `Benchmark.revision`."""
    entries: tuple[Entry, ...]
    """Sorted by name."""
    rankings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By table and metric: `entries`, with the `rank` (best and worst), the `group` and the number
    of the `comparison` of each ranked one, and `comparisons`, as docs/formats.md describes them."""
    scores_sha256: str | None = None
    """SHA-256 of scores.parquet; None if it was not written."""
    day: date | None = field(default=None, compare=False)
    """The last day that counts, which is not part of board.json; None for today."""
    left_out: tuple[str, ...] = field(default=(), compare=False)
    """Sentences about what is dated later, which are not part of board.json."""

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        states = Counter(entry.state for entry in self.entries)
        counts = ", ".join(f"{number:,} {state}" for state, number in states.items())
        return f"<Board of {self.dataset!r} in {str(self.folder)!r}: {counts or 'no entries'}>"

    def __getitem__(self, name: str) -> Entry:
        """Return an entry by its name.

        Raises:
            KeyError: there is no such entry.
        """
        found = {entry.name: entry for entry in self.entries}
        try:
            return found[name]
        except KeyError:
            known = ", ".join(found) or "none"
            raise KeyError(f"{name} is not an entry; the entries are {known}") from None

    def to_json(self) -> dict[str, Any]:
        """Return the content of board.json, with a hash that shows whether it is edited later."""
        content = {
            "schema_version": 1,
            "kind": "board",
            "dataset": {"id": self.dataset, "revision": self.revision},
            "entries": [asdict(entry) for entry in self.entries],
            "rankings": self.rankings,
            "scores_sha256": self.scores_sha256,
        }
        return {**content, "sha256": _content_hash(content)}

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each entry: the columns of results.csv, its state and its problems."""
        return board_frame(self, self.rankings)

    def question_scores(self) -> pyarrow.Table:
        """Return the value of every question under every metric, read from scores.parquet.

        Each accepted entry has a row for each question that has a gold answer, sorted by entry and
        question: `entry`, `question_id`, `conversation`, a column for each metric on its own scale
        (null where the question was not scored) and `state`, the prediction's state.

        Raises:
            InputError: the file is missing, was changed after the board was written, or is not a
                file of values of the board's entries.
        """
        splits = {each.name: each.split for each in self.entries if each.state == "rescored"}
        return read_question_scores(self.folder, sha256=self.scores_sha256, splits=splits)

    def _repr_html_(self) -> str:
        return html_table(
            COLUMNS,
            summary_rows(self, self.rankings),
            numbers=NUMBERS,
            caption=f"{self.dataset}, revision {self.revision[:12]}",
            notes=remarks(self, self.rankings),
        )


def read_board(folder: Path) -> Board:
    """Read the board.json at the root of a folder of submissions.

    Raises:
        InputError: it is missing, does not match its schema, or was edited.
    """
    path = folder / BOARD_FILE
    if not folder.is_dir():
        raise InputError(f"{folder}: is not a folder.", "Give the folder of the submissions.")
    remedy = "Verify the submissions first: `locomo-vqa leaderboard verify`."
    if not path.exists():
        raise InputError(f"{path}: not found: the submissions have not been verified.", remedy)
    raw = read_json(path, what="the board", budget=Budget(memory=_MOST_MEMORY))
    validate(raw, "board", path=path, remedy=remedy)
    if raw["sha256"] != _content_hash({k: v for k, v in raw.items() if k != "sha256"}):
        raise InputError(
            f"{path}: was changed after it was written: its hash does not match its content.",
            "Verify the submissions again (`locomo-vqa leaderboard verify`): scores on a board "
            "come from the answers only.",
        )
    for entry in raw["entries"]:
        if entry["metadata"] is not None:
            place = f"metadata of {entry['name']}"
            validate(entry["metadata"], "metadata", path=path, place=place, remedy=remedy)
    return Board(
        folder=folder,
        dataset=raw["dataset"]["id"],
        revision=raw["dataset"]["revision"],
        entries=tuple(map(_read_entry, raw["entries"])),
        rankings=raw["rankings"],
        scores_sha256=raw["scores_sha256"],
    )


def _read_entry(raw: Mapping[str, Any]) -> Entry:
    tuples = {name: tuple(raw[name]) for name in ("problems", "notes", "ran", "history")}
    checks = tuple(EntryCheck(**check) for check in raw["checks"])
    return Entry(**{**raw, **tuples, "checks": checks})


def _content_hash(content: Mapping[str, Any]) -> str:
    return sha256_text(json.dumps(content, sort_keys=True, ensure_ascii=True))
