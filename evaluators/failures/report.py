"""The causes of all wrong answers: a row for each, and counts by cause, stage and group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.html_table import html_table

from .causes import CAUSES, STAGES, Cause, Finding, Judged, Stage

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Failure", "FailureReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One wrong or absent answer."""

    question: Question
    """The question."""
    state: str
    """The prediction's state, or `missing`."""
    judged_by: Judged
    """Whose verdict says that it is wrong."""
    finding: Finding | None
    """The cause; None if the state says it all: there is no answer to explain."""

    @property
    def cause(self) -> Cause | None:
        """The cause; None for an answer that failed, is missing or was refused."""
        return self.finding.cause if self.finding else None

    @property
    def stage(self) -> Stage | None:
        """The stage that lost the answer, if it is known."""
        return self.finding.stage if self.finding else None

    def to_row(self) -> dict[str, Any]:
        """Return the line of failures.jsonl."""
        finding = self.finding
        return {
            "question_id": self.question.id,
            "state": self.state,
            "judged_by": self.judged_by,
            "cause": self.cause,
            "stage": self.stage,
            "why": finding.why if finding else None,
            "memories": list(finding.memories) if finding else [],
            "turns": list(finding.turns) if finding else [],
            "missing": list(finding.missing) if finding else [],
        }


@dataclass(frozen=True, slots=True, repr=False)
class FailureReport:
    """The cause of every wrong answer; iterating gives them, and a notebook shows a table."""

    rows: Sequence[Failure]
    """Every wrong or absent answer, in the benchmark's order."""

    def __iter__(self) -> Iterator[Failure]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{number:,} {cause}" for cause, number in self.by_cause.items() if number
        )
        return f"<FailureReport: {len(self):,} wrong; {counts or 'no causes'}>"

    @property
    def by_cause(self) -> dict[Cause, int]:
        """The number of wrong answers by cause."""
        found = Counter(row.cause for row in self.rows)
        return {cause: found[cause] for cause in CAUSES}

    @property
    def by_stage(self) -> dict[Stage, int]:
        """The number of wrong answers by the stage that lost them, where it is known."""
        found = Counter(row.stage for row in self.rows)
        return {stage: found[stage] for stage in STAGES}

    @property
    def by_state(self) -> dict[str, int]:
        """The number of questions without an answer to explain, by state."""
        return dict(Counter(row.state for row in self.rows if row.finding is None))

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with a row for each wrong answer, like failures.jsonl."""
        import pandas as pd

        return pd.DataFrame([row.to_row() for row in self.rows])

    def to_json(self) -> dict[str, Any]:
        """Return the section `failures` of scores.json."""
        groups: dict[str, dict[str, list[Failure]]] = {"by_category": {}, "by_type": {}}
        for row in self.rows:
            question = row.question
            if isinstance(question, TextQuestion):
                groups["by_category"].setdefault(str(question.category), []).append(row)
            else:
                groups["by_type"].setdefault(question.type, []).append(row)
        reasons = Counter(
            row.finding.why for row in self.rows if row.finding and row.cause == "unknown"
        )
        return {
            "wrong": len(self),
            "judged_by": dict(Counter(row.judged_by for row in self.rows)),
            **_counts(self.rows),
            **{
                name: {key: _counts(rows) for key, rows in sorted(found.items())}
                for name, found in groups.items()
            },
            "unknown": dict(reasons),
        }

    def _repr_html_(self) -> str:
        counts = {True: Counter[Cause | None](), False: Counter[Cause | None]()}
        for row in self.rows:
            counts[isinstance(row.question, TextQuestion)][row.cause] += 1
        shown = [
            [CAUSES[cause], f"{counts[True][cause]:,}", f"{counts[False][cause]:,}"]
            for cause in CAUSES
        ]
        return html_table(["Cause", "Text questions", "Visual questions"], shown)


def _counts(rows: Sequence[Failure]) -> dict[str, dict[str, int]]:
    counted = FailureReport(rows)
    return {
        "states": counted.by_state,
        "by_cause": {str(cause): number for cause, number in counted.by_cause.items()},
        "by_stage": {str(stage): number for stage, number in counted.by_stage.items()},
    }
