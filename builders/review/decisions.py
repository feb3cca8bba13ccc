"""A reviewer's decisions, in an append-only file, and their effect on the questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from locomo_vqa.errors import InputError
from locomo_vqa.files import canonical_json, sha256_text
from locomo_vqa.jsonl_log import read_jsonl_log
from locomo_vqa.schemas import validate
from locomo_vqa.text import counted

from ..questions.rows import QuestionRow
from ..questions.rules import check_question

__all__ = [
    "DECISIONS_FILE",
    "REVIEW_CHOICES",
    "Decision",
    "ReviewChoice",
    "Reviewed",
    "SortedDecisions",
    "about_of",
    "apply_decisions",
    "decision_problem",
    "parse_decision",
    "read_decisions",
    "set_aside_sentence",
    "sort_decisions",
    "standing",
]

ReviewChoice = Literal["accept", "correct", "reject", "undo"]
"""The possible decisions about a question:

accept   publish it unchanged
correct  publish it with the decision's wording
reject   don't publish it
undo     take back an earlier decision, as if it had not been made
"""
REVIEW_CHOICES: tuple[ReviewChoice, ...] = get_args(ReviewChoice)

DECISIONS_FILE = "the file of decisions"
"""What `review.jsonl` is called in errors."""

_REMEDY = "Remove the line, or remove the file to start the review again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision on one question; the last one on the same words counts."""

    id: str
    """The question's id."""
    about: str | None = None
    """Identifies what was decided on; see `about_of`. A decision without it is never applied."""
    decision: ReviewChoice
    """See `ReviewChoice`."""
    question: str | None = None
    """The new wording of a corrected question; None for all others."""
    answer: str | None = None
    """The new gold answer of a corrected question; None for all others."""
    time: str
    """When it was decided, in ISO 8601 and UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedDecisions:
    """Decisions, sorted by whether they are about the current words."""

    applied: Mapping[str, Decision]
    """Decisions about the current wording of a question, by id."""
    set_aside: tuple[Decision, ...]
    """Decisions about a different wording or image, or about a removed question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """The questions after a review."""

    rows: Sequence[QuestionRow]
    """The rows that stay, in the original order; corrected ones have their new wording."""
    set_aside: int
    """How many decisions were not applied: see `SortedDecisions.set_aside`."""
    decisions: Mapping[str, ReviewChoice]
    """The decision that was applied to each question that a person looked at, by its id; rejected
    ones are not among the rows."""


def about_of(row: QuestionRow) -> str:
    """Return the SHA-256 of what a decision on a row is about: question, answer and image."""
    return sha256_text(canonical_json([row.question, row.answer, row.image]))


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Return the decisions in `review.jsonl` that still count, in file order, without undone ones.

    Without a file there are no decisions. An unfinished last line is ignored.

    Raises:
        InputError: the file can't be read, or a line is not a decision.
    """
    if not path.exists():
        return ()
    return standing(
        parse_decision(row, path=path, line=number)
        for number, row in read_jsonl_log(path, what=DECISIONS_FILE)
    )


def standing(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the last decision on each question's words, without undone ones."""
    last = {(decision.id, decision.about): decision for decision in decisions}
    return tuple(decision for decision in last.values() if decision.decision != "undo")


def sort_decisions(rows: Iterable[QuestionRow], decisions: Iterable[Decision]) -> SortedDecisions:
    """Separate the decisions about the rows in the state `ok` from all others."""
    open_ = {row.id: about_of(row) for row in rows if row.state == "ok"}
    applied, aside = {}, []
    for decision in decisions:
        if decision.about is not None and decision.about == open_.get(decision.id):
            applied[decision.id] = decision
        else:
            aside.append(decision)
    return SortedDecisions(applied=applied, set_aside=tuple(aside))


def set_aside_sentence(number: int, path: Path) -> str:
    """Return a sentence about decisions that are not applied."""
    what = f"{counted(number, 'decision')} {'is' if number == 1 else 'are'}"
    return (
        f"{what} set aside: the words or the image of the question have changed since. "
        f"Kept in {path}, not applied."
    )


def parse_decision(row: Any, *, path: Path, line: int) -> Decision:
    """Return a line of `review.jsonl` as a decision.

    Raises:
        InputError: it is not a decision, or a correction does not pass the check of generated
            questions.
    """
    validate(row, "decision", path=path, place=f"line {line}", remedy=_REMEDY)
    problem = decision_problem(row)
    if problem is not None:
        raise InputError(f"{path}: line {line}: {problem}", _REMEDY)
    return Decision(**row)


def decision_problem(row: Any) -> str | None:
    """Return what is wrong with a decision, ignoring its time; None if nothing is."""
    if not isinstance(row, dict):
        return "A decision is a JSON object."
    if not isinstance(row.get("id"), str):
        return "A decision needs the id of a question."
    if row.get("decision") not in REVIEW_CHOICES:
        return f"A decision is one of {', '.join(REVIEW_CHOICES)}."
    words = (row.get("question"), row.get("answer"))
    if row["decision"] != "correct":
        return None if words == (None, None) else "Only a correction has new words."
    question, answer = words
    if not isinstance(question, str) or not isinstance(answer, str):
        return "A correction needs a question and an answer."
    return check_question(question, answer)


def apply_decisions(rows: Sequence[QuestionRow], decisions: Iterable[Decision]) -> Reviewed:
    """Apply the reviewer's decisions to the rows of `questions.jsonl`.

    Rejected rows are removed, and corrected ones get their new words. If the answer changes, the
    reason is emptied. A row that is not in the state `ok` was not open to review and is returned
    unchanged. A decision about words that the row no longer has, such as after generating again, is
    counted but not applied.

    Raises:
        InputError: a correction does not pass the check of generated questions.
    """
    found = sort_decisions(rows, decisions)
    kept: list[QuestionRow] = []
    for row in rows:
        decision = found.applied.get(row.id) if row.state == "ok" else None
        if decision is None or decision.decision in ("accept", "undo"):
            kept.append(row)
        elif decision.decision == "correct":
            kept.append(_apply_correction(row, decision))
    return Reviewed(
        rows=kept,
        set_aside=len(found.set_aside),
        decisions={name: each.decision for name, each in found.applied.items()},
    )


def _apply_correction(row: QuestionRow, decision: Decision) -> QuestionRow:
    problem = decision_problem(asdict(decision))
    if problem is not None:
        raise InputError(f"The correction of {decision.id} can't be used: {problem}", _REMEDY)
    assert decision.question is not None and decision.answer is not None
    question, answer = decision.question.strip(), decision.answer.strip()
    same = row.answer is not None and row.answer.strip().lower() == answer.lower()
    return replace(row, question=question, answer=answer, reason=row.reason if same else "")
