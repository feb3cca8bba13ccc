"""Verifies one entry: examines its files, scores its answers, and says where it is ranked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.questions import scored_questions
from locomo_vqa.errors import LocomoVqaError
from locomo_vqa.run_notes import sent_images
from locomo_vqa.scores import Scorer, Scores

from ..board_entry import Entry
from ..entry_files.folder import EntryFolder
from ..question_scores import QuestionScoresWriter
from .checklist import Checklist
from .checks.answers import check_answers
from .checks.copies import AnswerVector
from .checks.text_answers import text_answers
from .examine import Findings, examine_entry
from .tables import table_of
from .usage import usage_of

__all__ = ["VerifiedEntry", "verify_entry"]


@dataclass(frozen=True, slots=True)
class VerifiedEntry:
    """An entry, and what is needed to compare it with the others."""

    entry: Entry
    """The entry, without its checks and notes."""
    checks: Checklist
    """Its checks so far."""
    answers: AnswerVector | None
    """What it answered, if it is accepted."""

    def finished(self) -> Entry:
        """Return the entry with its checks and notes."""
        return replace(self.entry, notes=self.checks.notes, checks=self.checks.results)


def verify_entry(
    found: EntryFolder, benchmark: Benchmark, scorer: Scorer, values: QuestionScoresWriter
) -> VerifiedEntry:
    """Verify one entry; if it is accepted, its questions' values are added to `values`.

    Raises:
        LocomoVqaError: something that has nothing to do with the entry prevents scoring.
    """
    findings, scores = Findings(), None
    try:
        examine_entry(found, benchmark, findings)
        if not findings.checks.problems:
            scores = _score(found.name, findings, benchmark, scorer, values)
    except LocomoVqaError:
        raise
    except Exception as error:  # noqa: BLE001 - no entry, however made, may stop the others
        findings.checks.failed("scores", f"It can't be checked ({type(error).__name__}: {error}).")
    problems = findings.checks.problems
    entry = Entry(
        name=found.name,
        state="rejected" if problems else "rescored",
        problems=problems,
        split=findings.split,
        uses_images=_uses_images(findings.run),
        ran=_what_ran(findings.run),
        metadata=findings.metadata,
        files=findings.files,
    )
    if scores is None or findings.answers is None or problems:
        return VerifiedEntry(entry, findings.checks, None)
    return VerifiedEntry(_accepted(entry, findings, scores), findings.checks, findings.answers)


def _score(
    name: str,
    findings: Findings,
    benchmark: Benchmark,
    scorer: Scorer,
    values: QuestionScoresWriter,
) -> Scores:
    assert findings.split is not None
    if (published := findings.published) is None:
        scores = scorer(findings.predictions, benchmark, split=findings.split)
    else:
        scores = scorer(
            findings.predictions,
            benchmark,
            split=findings.split,
            extra=published.extra,
            reported=published.reported,
        )
    questions = scored_questions(benchmark, findings.split)
    answers = text_answers(findings.predictions, questions)
    findings.unranked = check_answers(findings.checks, answers, questions, scores)
    findings.answers = AnswerVector.of(findings.predictions, answers)
    values.add(name, questions, findings.predictions, scores.by_question)
    findings.checks.passed("scores")
    return scores


def _accepted(entry: Entry, findings: Findings, scores: Scores) -> Entry:
    assert findings.metadata is not None and findings.split is not None
    published = findings.published
    table, unranked = table_of(findings.metadata, findings.split)
    if findings.unranked is not None:
        table, unranked = None, findings.unranked
    return replace(
        entry,
        scores=json.loads(json.dumps(scores.to_json())),
        kind="file" if published else "run",
        badge="rescored",
        table=table,
        unranked=unranked,
        usage=usage_of(findings.run or {}, findings.predictions),
        source=published.source if published else None,
    )


def _what_ran(run: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return a system's own name, and the options of its run except for its experts."""
    if run is None:
        return ()
    options = [text for text in run.get("options") or () if not text.startswith("experts")]
    return (run["system"]["name"], *options)


def _uses_images(run: Mapping[str, Any] | None) -> bool | None:
    """Return whether a system used pixels: by what its calls had, or else by what it declares."""
    if run is None:
        return None
    declared: bool = run["system"]["uses_images"]
    return declared if (sent := sent_images(run)) is None else sent
