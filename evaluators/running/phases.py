"""Separates calls that read conversations from those that answer questions, by the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from locomo_vqa.jsonl_log import read_jsonl_log
from locomo_vqa.schemas import validate

__all__ = ["Phases", "read_phases"]

_JOURNAL = "journal.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """When the conversations of a run were read; times are in UTC, as ISO 8601."""

    conversations: int
    """The number of conversations that were read whole at least once."""
    questions: int
    """The number of questions that were asked, whatever their outcome."""
    begins: Sequence[str]
    """When each call of the run began."""
    reads: Mapping[str, Sequence[str]]
    """By conversation: when each reading of it ended, successful or not."""
    losses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By conversation: when a node that ran it was lost, so that it was read again."""

    def is_reading(self, conversation: str, time: str) -> bool:
        """Return whether a call at a time was made while its conversation was read.

        A call of the run reads each conversation at most once, and asks its questions after that;
        after the loss of a node it does so again.
        """
        begins = (*self.begins, *self.losses.get(conversation, ()))
        begin = max((begin for begin in begins if begin <= time), default="")
        end = min((begin for begin in begins if begin > time), default="~")
        ends = [read for read in self.reads.get(conversation, ()) if begin <= read <= end]
        return not ends or time <= max(ends)


def read_phases(run: Path) -> Phases | None:
    """Return when a run read its conversations; None without a journal.

    Raises:
        InputError: the journal can't be read, or a line does not match its schema.
    """
    path = run / _JOURNAL
    if not path.is_file():
        return None
    read: set[str] = set()
    asked: set[str] = set()
    begins: list[str] = []
    reads: dict[str, list[str]] = {}
    losses: dict[str, list[str]] = {}
    for number, row in read_jsonl_log(path, what="the journal"):
        validate(
            row,
            "journal",
            path=path,
            place=f"line {number}",
            remedy="Restore the file as the run wrote it.",
        )
        if row["event"] == "begin":
            begins.append(row["time"])
        elif row["event"] == "ingest":
            reads.setdefault(row["conversation"], []).append(row["time"])
            if row["state"] == "ok":
                read.add(row["conversation"])
        elif row["event"] == "lost":
            losses.setdefault(row["conversation"], []).append(row["time"])
        elif row["event"] == "answer" and row["state"] != "not_ingested":
            asked.add(row["question_id"])
    return Phases(
        conversations=len(read),
        questions=len(asked),
        begins=begins,
        reads=reads,
        losses=losses,
    )
