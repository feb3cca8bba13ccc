"""The board: every entry with what its verification found, as `board.json` holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json
from locomo_vqa.runs import SplitChoice
from locomo_vqa.schemas import validate

__all__ = ["BOARD_FILE", "Board", "Entry", "EntryState", "read_board"]

BOARD_FILE = "board.json"
"""Its name, at the root of the folder of submissions."""

EntryState = Literal["rescored", "rejected"]
"""What became of an entry:

rescored   it is complete and unchanged, and the scores were computed here
rejected   it has problems, and no scores
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One submission, after verification."""

    entry: str
    """`<system>__<answerer>/<date>`."""
    state: EntryState
    """See `EntryState`."""
    problems: tuple[str, ...] = ()
    """Why it was rejected, a sentence each."""
    notes: tuple[str, ...] = ()
    """What a maintainer should know and what is no reason to reject it, a sentence each."""
    split: SplitChoice | None = None
    """The questions it answers; None where run.json can't be read."""
    uses_images: bool | None = None
    """Whether the system looks at pixels, by run.json; None where that can't be read."""
    metadata: Mapping[str, Any] | None = None
    """Its metadata.yaml; None where that can't be read."""
    files: Mapping[str, str]
    """SHA-256 of each of its files that can be read, by name."""
    scores: Mapping[str, Any] | None = None
    """What `Scores.to_json` returned; None if rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All submissions to one benchmark."""

    dataset: str
    """The benchmark's name."""
    revision: str
    """See `Benchmark.revision`."""
    entries: tuple[Entry, ...]
    """Sorted by name."""

    def to_json(self) -> dict[str, Any]:
        """Return the content of board.json."""
        return {
            "schema_version": 1,
            "kind": "board",
            "dataset": {"id": self.dataset, "revision": self.revision},
            "entries": [asdict(entry) for entry in self.entries],
        }


def read_board(folder: Path) -> Board:
    """Read the board.json at the root of a folder of submissions.

    Raises:
        InputError: it is missing or has another shape.
    """
    path = folder / BOARD_FILE
    remedy = "Run `locomo-vqa leaderboard verify` first."
    if not path.exists():
        raise InputError(f"{path}: does not exist: the submissions are not verified.", remedy)
    raw = read_json(path, what="the board")
    validate(raw, "board", path=path, remedy=remedy)
    for entry in raw["entries"]:
        if entry["metadata"] is not None:
            place = f"metadata of {entry['entry']}"
            validate(entry["metadata"], "metadata", path=path, place=place, remedy=remedy)
    tuples = ("problems", "notes")
    return Board(
        dataset=raw["dataset"]["id"],
        revision=raw["dataset"]["revision"],
        entries=tuple(
            Entry(**{**entry, **{name: tuple(entry[name]) for name in tuples}})
            for entry in raw["entries"]
        ),
    )
