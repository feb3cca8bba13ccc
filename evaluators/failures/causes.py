"""The causes of wrong answers, and the stages of a memory system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["CAUSES", "STAGES", "Cause", "Finding", "Judged", "Stage"]

Cause = Literal[
    "never_stored",
    "not_found",
    "not_used",
    "not_shown",
    "judged_wrong",
    "gold_wrong",
    "unknown",
]
"""Why an answer is wrong; the meanings are in `CAUSES`."""

CAUSES: Mapping[Cause, str] = {
    "never_stored": "never stored: the memory did not hold it when the question was asked",
    "not_found": "stored, but not found: it was not among the retrieved passages",
    "not_used": "found, but not used: it was retrieved, and the answer is wrong nevertheless",
    "not_shown": "not shown: the run's settings kept the image from the system",
    "judged_wrong": "answered right and judged wrong: the answer has all of the gold answer",
    "gold_wrong": "gold answer wrong, according to the errata",
    "unknown": "can't be determined",
}
"""What each cause means, in the order of tables: title, colon, explanation."""

Stage = Literal["extraction", "update", "retrieval", "generation", "vision"]
"""The stage of a memory system that lost the answer:

extraction   what was said never became a fact
update       it became a fact, which was dropped, overwritten or deleted
retrieval    it was stored, and not among the passages retrieved for the question
generation   it was retrieved, and the answer doesn't use it
vision       an image was not looked at, or was looked at and misread
"""
STAGES: tuple[Stage, ...] = get_args(Stage)

Judged = Literal["judge", "reported", "rules", "v"]
"""Whose verdict says that an answer is wrong:

judge      the judge that determines J
reported   the verdicts in the predictions' file
rules      the lenient rules of the judge `rules`, where neither exists
v          V, for visual questions
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The cause of one wrong answer, with what decided it."""

    cause: Cause
    """Why the answer is wrong."""
    stage: Stage | None = None
    """The stage that lost it; None if no stage lost it, or it is not known."""
    why: str
    """What decided it, in one sentence."""
    memories: tuple[str, ...] = ()
    """The ids of the memories that decided it."""
    turns: tuple[str, ...] = ()
    """The ids of the turns that decided it."""
    missing: tuple[str, ...] = ()
    """What is not there, in the words of the gold answer or of the evidence."""
