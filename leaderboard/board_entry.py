"""An entry of the board: one submission with the result of its verification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from locomo_vqa.runs import SplitChoice

__all__ = [
    "Badge",
    "CheckState",
    "Entry",
    "EntryCheck",
    "EntryKind",
    "EntryState",
    "Standing",
    "Table",
]

EntryState = Literal["rescored", "rejected"]
"""The result of an entry's verification:

rescored   it is complete and unchanged, and its scores were computed here
rejected   it has problems, and no scores
"""

EntryKind = Literal["run", "file"]
"""What an entry was made from:

run    a run of ours, whose record says what ran
file   a published file of somebody's answers, without a record
"""

Badge = Literal["rescored", "reproduced"]
"""How far an entry's numbers can be believed; reported numbers are not entries:

rescored     its scores were computed here, from its answers
reproduced   its answers were also produced again, from its recorded replies or by a new run
"""

Table = Literal["test", "all", "test-custom", "all-custom"]
"""The entries that an entry is ranked among:

test          standard submissions on the test split
all           standard submissions on all conversations, by systems not trained on LoCoMo
test-custom   as `test`, with another way of asking than the benchmark's own
all-custom    as `all`, with another way of asking
"""

Standing = Literal["current", "superseded", "withdrawn", "disputed"]
"""What happened to an entry since it was accepted:

current      nothing, or a dispute that is settled
superseded   a newer entry counts instead; it is shown, but not ranked
withdrawn    it must not count any more; it is shown, but not ranked
disputed     somebody doubts it; it is ranked, with a mark
"""

CheckState = Literal["passed", "flagged", "failed", "not_done"]
"""The result of a check: a failed one rejects the entry, a flagged one is a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCheck:
    """One check of an entry, and what it found."""

    name: str
    """What was checked, in a few words."""
    state: CheckState
    """See `CheckState`."""
    text: str = ""
    """What it found, or why it was not done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One submission, after verification."""

    name: str
    """`<system>__<answerer>/<date>`."""
    state: EntryState
    """See `EntryState`."""
    problems: tuple[str, ...] = ()
    """Why it was rejected, one sentence per reason."""
    notes: tuple[str, ...] = ()
    """Notes for the maintainer that don't lead to rejection, one sentence each."""
    split: SplitChoice | None = None
    """The questions it answers; None if run.json can't be read."""
    uses_images: bool | None = None
    """Whether the system uses pixels, according to run.json; None if that can't be read."""
    clean: bool | None = None
    """Whether few of the run's requests got no reply; None without a record of a run."""
    ran: tuple[str, ...] = ()
    """The system's own name in run.json, and its options except for its experts."""
    metadata: Mapping[str, Any] | None = None
    """The content of its metadata.yaml; None if that can't be read."""
    files: Mapping[str, str]
    """SHA-256 of each readable file, by name."""
    scores: Mapping[str, Any] | None = None
    """The scores, as `Scores.to_json` returns them; None if rejected."""
    kind: EntryKind = "run"
    """See `EntryKind`."""
    badge: Badge | None = None
    """See `Badge`; None if rejected."""
    table: Table | None = None
    """See `Table`; None if it is ranked in none."""
    unranked: str | None = None
    """Why it is not ranked: it belongs in no table, or was withdrawn or superseded."""
    checks: tuple[EntryCheck, ...] = ()
    """What was checked, in order."""
    usage: Mapping[str, Any] | None = None
    """What the run took, as the proxy recorded it, reading included: `calls`, `failed_calls`,
    `input_tokens`, `output_tokens`, `price` with `currency`; and the median `latency_ms` of an
    answer. Each is None if unknown."""
    source: Mapping[str, Any] | None = None
    """Of a published file: `title`, `url`, `date`, `sha256`, and the `judge` of its verdicts."""
    certificate: Mapping[str, Any] | None = None
    """The pixel certificate of its way of asking, as in ablation.json, computed here from the
    answers of the ablation's runs; None if it was not tested."""
    standing: Standing = "current"
    """See `Standing`."""
    history: tuple[Mapping[str, Any], ...] = ()
    """What happened to it, oldest first: `event`, `date`, `who`, `why`, and `by`, the entry that
    supersedes it."""

    def __repr__(self) -> str:
        return f"<Entry {self.name!r}: {self.state}>"

    def value(self, metric: str) -> float | None:
        """Return the overall value of a metric; None if it was not computed."""
        scores = self.scores["metrics"].get(metric) if self.scores else None
        value: float | None = scores["overall"]["value"] if scores else None
        return value
