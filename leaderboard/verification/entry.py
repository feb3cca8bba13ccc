"""Verifies one entry: examines its files, scores its answers, and says where it is ranked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.questions import questions_answered, scored_questions
from locomo_vqa.errors import LocomoVqaError
from locomo_vqa.run_notes import is_clean, sent_images
from locomo_vqa.runs import SplitChoice
from locomo_vqa.scores import Scorer, Scores

from ..board_entry import Entry
from ..entry_files.folder import EntryFolder
from ..history.histories import NO_HISTORY, EntryHistory
from ..question_scores import QuestionScoresWriter
from .checklist import Checklist
from .checks.answers import check_answers
from .checks.certificate import check_certificate
from .checks.copies import AnswerVector
from .checks.invisible import check_invisible
from .checks.reproduction import check_reproduction
from .checks.text_answers import text_answers
from .examine import Findings, examine_entry
from .tables import table_of
from .usage import usage_of

__all__ = ["EntryVerifier", "VerifiedEntry"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryVerifier:
    """Verifies entries of one board, one after the other."""

    benchmark: Benchmark
    """What they are scored against."""
    scorer: Scorer
    """Computes their scores."""
    values: QuestionScoresWriter | None = None
    """Where their questions' values are added."""
    histories: Mapping[str, EntryHistory] = field(default_factory=dict)
    """What happened to them, by name."""
    day: date
    """The last day whose records of reproductions count."""

    def verify(self, found: EntryFolder, *, scored: bool = True) -> VerifiedEntry:
        """Verify one entry, or only read it, so that others can be compared with it.

        Raises:
            LocomoVqaError: something that has nothing to do with the entry prevents scoring.
        """
        findings, scores = Findings(), None
        history = self.histories.get(found.name, NO_HISTORY)
        findings.checks.failed("history", *history.problems)
        findings.checks.passed("history")
        try:
            examine_entry(found, self.benchmark, findings)
            if not findings.checks.problems:
                scores = self._score(found.name, findings, scored)
        except LocomoVqaError:
            raise
        except Exception as error:  # noqa: BLE001 - no entry, however made, may stop the others
            findings.checks.failed(
                "scores", f"It can't be checked ({type(error).__name__}: {error})."
            )
        problems = findings.checks.problems
        entry = _described(found.name, history, findings, problems)
        if scores is not None and not problems:
            entry = _accepted(entry, history, findings, scores)
            if check_reproduction(findings.checks, found, findings.predictions, self.day):
                entry = replace(entry, badge="reproduced")
            certificate = check_certificate(findings.checks, found, findings.run, self.benchmark)
            entry = replace(entry, certificate=certificate)
        return VerifiedEntry(entry, findings.checks, None if problems else findings.answers)

    def _score(self, name: str, findings: Findings, scored: bool) -> Scores | None:
        assert findings.split is not None
        questions = scored_questions(self.benchmark, findings.split)
        answers = text_answers(findings.predictions, questions)
        findings.answers = AnswerVector.of(findings.predictions, answers)
        if not scored:
            return None
        check_invisible(findings.checks, findings.predictions)
        scores = self._scores_of(findings, findings.split)
        findings.unranked = check_answers(findings.checks, answers, questions, scores)
        if self.values is not None:
            counted = questions_answered(self.benchmark, findings.split, findings.predictions)
            self.values.add(name, counted, findings.predictions, scores.by_question)
        findings.checks.passed("scores")
        return scores

    def _scores_of(self, findings: Findings, split: SplitChoice) -> Scores:
        if (published := findings.published) is None:
            return self.scorer(findings.predictions, self.benchmark, split=split)
        return self.scorer(
            findings.predictions,
            self.benchmark,
            split=split,
            extra=published.extra,
            reported=published.reported,
        )


def _described(
    name: str, history: EntryHistory, findings: Findings, problems: tuple[str, ...]
) -> Entry:
    return Entry(
        name=name,
        state="rejected" if problems else "rescored",
        problems=problems,
        split=findings.split,
        uses_images=_uses_images(findings.run),
        clean=None if findings.run is None else is_clean(findings.run),
        ran=_what_ran(findings.run),
        metadata=findings.metadata,
        files=findings.files,
        standing=history.standing,
        history=history.to_json(),
    )


def _accepted(entry: Entry, history: EntryHistory, findings: Findings, scores: Scores) -> Entry:
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
        unranked=unranked or history.unranked,
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
