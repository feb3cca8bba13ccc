"""What an import found in a LoCoMo file, so that nothing is repaired or dropped silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from locomo_vqa.benchmark import CATEGORIES, SPLITS, Conversation, ImageRecord, TextQuestion

__all__ = ["FINDINGS", "Finding", "FindingKind", "ImportReport", "count"]

FindingKind = Literal[
    "integer_answer",
    "evidence_repaired",
    "evidence_kept",
    "no_evidence",
    "duplicate",
    "same_question_other_category",
    "adversarial_with_answer",
    "date_without_session",
    "url_repaired",
    "query_dropped",
    "redownload_flag",
    "url_without_query",
]

FINDINGS: dict[FindingKind, str] = {
    "integer_answer": "gold answers given as a number, now text",
    "evidence_repaired": "malformed evidence with one possible meaning, repaired",
    "evidence_kept": "evidence that names no turn, kept unchanged",
    "no_evidence": "questions without evidence",
    "duplicate": "questions that repeat an earlier one, marked",
    "same_question_other_category": "questions asked again under another category",
    "adversarial_with_answer": "adversarial questions that also have a gold answer",
    "date_without_session": "session dates without a session, left out",
    "url_repaired": r"image URLs with a literal \u003d or \u0026, undone",
    "query_dropped": "annotators' image search texts, left out because they reveal answers",
    "redownload_flag": "turns marked 're-download', a note of the annotators, left out",
    "url_without_query": "image URLs without a search text",
}
"""Each kind of finding, in words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was repaired, left out, marked, or kept although it looks wrong."""

    kind: FindingKind
    where: str
    """A question id, or `<conversation>/<turn or key>`."""
    detail: str = ""
    """The original value, if that helps."""


@dataclass(slots=True)
class ImportReport:
    """The counts of an import and everything it found."""

    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)

    def add(self, kind: FindingKind, where: str, detail: str = "") -> None:
        """Record one finding."""
        self.findings.append(Finding(kind, where, detail))

    def by_kind(self) -> dict[FindingKind, int]:
        """Return how many findings there are of each kind, in the order of `FINDINGS`."""
        counter = Counter(finding.kind for finding in self.findings)
        return {kind: counter[kind] for kind in FINDINGS}

    def to_json(self) -> dict[str, Any]:
        """Return the content of `report.json`."""
        silent = {"query_dropped", "redownload_flag"}
        return {
            "schema_version": 1,
            **self.counts,
            "findings": dict(self.by_kind()),
            "details": [
                {"kind": f.kind, "where": f.where, "detail": f.detail}
                for f in self.findings
                if f.kind not in silent
            ],
        }


def count(
    conversations: Sequence[Conversation],
    questions: Sequence[TextQuestion],
    images: Sequence[ImageRecord],
) -> dict[str, Any]:
    """Return the counts that identify a LoCoMo file."""
    shared = [image for c in conversations for _, turn in c.turns() for image in turn.images]
    with_url = [record for record in images if record.url is not None]
    errata = [question.erratum for question in questions if question.erratum]
    return {
        "conversations": len(conversations),
        "sessions": sum(len(conversation.sessions) for conversation in conversations),
        "turns": sum(1 for conversation in conversations for _ in conversation.turns()),
        "images": sum(image.url is not None for image in shared),
        "urls": len(with_url),
        "urls_more_than_once": sum(len(record.turns) > 1 for record in with_url),
        "urls_in_several_conversations": sum(
            _count_conversations(record) > 1 for record in with_url
        ),
        "captions": sum(image.caption is not None for image in shared),
        "captions_without_url": sum(image.url is None for image in shared),
        "questions": len(questions),
        "questions_scored": sum(question.category != 5 for question in questions),
        "questions_by_category": _count_by_key(CATEGORIES, (q.category for q in questions)),
        "questions_by_split": _count_by_key(SPLITS, (q.split for q in questions)),
        "conversations_by_split": _count_by_key(SPLITS, (c.split for c in conversations)),
        "duplicates": sum(question.duplicate_of is not None for question in questions),
        "errata": {
            "issues": len(errata),
            "change_score": sum(erratum.changes_score for erratum in errata),
        },
    }


def _count_conversations(record: ImageRecord) -> int:
    return len({turn.split("/")[0] for turn in record.turns})


def _count_by_key(keys: Iterable[Any], values: Iterable[Any]) -> dict[str, int]:
    counter = Counter(values)
    return {str(key): counter[key] for key in keys}
