"""What a published file of a system's answers contains, whoever wrote it and in whatever layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.runs import Prediction
from locomo_vqa.wings import load_by_name

__all__ = ["PublishedAnswers", "ReportedVerdicts", "read_published_answers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedVerdicts:
    """The verdicts of a judge that somebody else asked."""

    key: str
    """The key that holds them in the file."""
    judge: str | None
    """The judge that the file names; None if it names none."""
    values: Mapping[str, float]
    """By question id, from 0, refused, to 1, accepted."""
    without: frozenset[str]
    """The questions whose row has an answer, but no verdict."""
    notes: Sequence[str]
    """What a reader should know, one sentence each."""
    passes: Sequence[Mapping[str, float]] = ()
    """Where every answer was judged several times: the verdicts of each time, by question id."""

    def to_json(self) -> dict[str, object]:
        """Return the entry `reported` of scores.json."""
        return {
            "key": self.key,
            "judge": self.judge,
            "verdicts": len(self.values),
            "without": len(self.without),
        }

    @property
    def signature(self) -> str:
        """The metric with what is known of the judge."""
        judge = (self.judge or "unknown").replace(",", ";")
        return f"reported_j:verdicts={self.key},judge={judge}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAnswers:
    """The answers of a published file, joined with a benchmark's questions."""

    layout: str
    """The layout of the file."""
    sha256: str
    """The SHA-256 of the file."""
    predictions: tuple[Prediction, ...]
    """At most one per question, in the benchmark's order."""
    extra: int
    """The number of rows that match no question, or one that already has a row."""
    reported: ReportedVerdicts | None
    """The verdicts that the file carries."""
    notes: tuple[str, ...]
    """Notes on how the file was read, one sentence each."""


def read_published_answers(path: Path, benchmark: Benchmark) -> PublishedAnswers:
    """Read a published file with the evaluators' reader, imported when it is first needed.

    Raises:
        InputError: the file can't be used, or none of its rows belongs to the benchmark.
    """
    read = load_by_name("locomo_vqa.evaluators.scoring.published:read_published")
    answers: PublishedAnswers = read(path, benchmark)
    return answers
