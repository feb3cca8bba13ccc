"""What a reviewer decided, as a file that only grows, and what becomes of the questions by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from locomo_vqa.appending import read_appended
from locomo_vqa.errors import InputError
from locomo_vqa.files import some

from ..checking import check_question
from ..questions_file import QuestionRow

__all__ = [
    "VERDICTS",
    "WHAT",
    "Decision",
    "Verdict",
    "apply_decisions",
    "decision_problem",
    "parse_decision",
    "read_decisions",
    "standing",
]

Verdict = Literal["accept", "correct", "reject", "undo"]
"""What can be decided of a question:

accept   it is published as it is
correct  it is published with other words, which the decision holds
reject   it is not published
undo     an earlier decision is taken back, as if there had been none
"""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

WHAT = "the file of decisions"
"""What `review.jsonl` is called in errors."""

_REMEDY = "Remove the line, or the file to review anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision on one question; the last of a question counts."""

    id: str
    """The question's id."""
    decision: Verdict
    """See `Verdict`."""
    question: str | None = None
    """The new words of a corrected question; None for all others."""
    answer: str | None = None
    """The new gold answer of a corrected question; None for all others."""
    time: str
    """When it was decided: ISO 8601, UTC."""


def read_decisions(path: Path) -> Mapping[str, Decision]:
    """Return what stands of `review.jsonl`, by the question's id: undone decisions are left out.

    No file means no decisions. An unfinished last line does not count.

    Raises:
        InputError: the file can't be read, or a line is no decision.
    """
    if not path.exists():
        return {}
    return standing(
        parse_decision(row, place=f"{path}, line {number}")
        for number, row in read_appended(path, what=WHAT)
    )


def standing(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """Return the last decision of each question, without those that were undone."""
    last = {decision.id: decision for decision in decisions}
    return {id: decision for id, decision in last.items() if decision.decision != "undo"}


def parse_decision(row: Any, *, place: str) -> Decision:
    """Return a line of `review.jsonl` as a decision; `place` begins the error's sentence."""
    problem = decision_problem(row)
    if problem is None and (not isinstance(row.get("time"), str) or not row["time"]):
        problem = "A decision needs the time it was made."
    if problem is not None:
        raise InputError(f"{place}: {problem}", _REMEDY)
    return Decision(
        id=row["id"],
        decision=row["decision"],
        question=row.get("question"),
        answer=row.get("answer"),
        time=row["time"],
    )


def decision_problem(row: Any) -> str | None:
    """Return what is wrong with an object that should be a decision, its time aside, or None."""
    if not isinstance(row, dict):
        return "A decision is a JSON object."
    if not isinstance(row.get("id"), str):
        return "A decision needs the id of a question."
    if row.get("decision") not in VERDICTS:
        return f"A decision is one of {', '.join(VERDICTS)}."
    words = (row.get("question"), row.get("answer"))
    if row["decision"] != "correct":
        return None if words == (None, None) else "Only a correction has new words."
    question, answer = words
    if not isinstance(question, str) or not isinstance(answer, str):
        return "A correction needs a question and an answer."
    return check_question(question, answer)


def apply_decisions(
    rows: Iterable[QuestionRow], decisions: Mapping[str, Decision]
) -> list[QuestionRow]:
    """Return the rows of `questions.jsonl` as the reviewer wants them, in their order.

    Rejected rows leave, the others stay, corrected ones with their new words. A reason that
    explained another answer is emptied. A row that is not in the state `ok` stays as it is: it
    was not open to review.

    Raises:
        InputError: a decision is on a question that is not there or not `ok`, or a correction
            does not pass the check of generated questions.
    """
    kept: list[QuestionRow] = []
    unknown = set(decisions)
    for row in rows:
        decision = decisions.get(row.id) if row.state == "ok" else None
        if decision is not None:
            unknown.discard(row.id)
        if decision is None or decision.decision in ("accept", "undo"):
            kept.append(row)
        elif decision.decision == "correct":
            kept.append(_corrected(row, decision))
    if unknown:
        raise InputError(
            f"The review decides on questions that are not open to it: {some(sorted(unknown))}.",
            "Apply it to the questions it was made for, or remove review.jsonl to review anew.",
        )
    return kept


def _corrected(row: QuestionRow, decision: Decision) -> QuestionRow:
    problem = decision_problem(asdict(decision))
    if problem is not None:
        raise InputError(f"The correction of {decision.id} can't be used: {problem}", _REMEDY)
    assert decision.question is not None and decision.answer is not None
    question, answer = decision.question.strip(), decision.answer.strip()
    same = row.answer is not None and row.answer.strip().lower() == answer.lower()
    return replace(row, question=question, answer=answer, reason=row.reason if same else "")
