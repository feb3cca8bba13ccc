"""`questions.jsonl` in a work folder: the outcome for every image and question type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from locomo_vqa.benchmark import QuestionType, Split
from locomo_vqa.files import read_jsonl, write_jsonl
from locomo_vqa.schemas import validate
from locomo_vqa.text import counted

__all__ = [
    "Objection",
    "QualityChecks",
    "QuestionCounts",
    "QuestionRow",
    "QuestionState",
    "commonest_objection",
    "count_states",
    "read_questions",
    "write_questions",
]

QuestionState = Literal["ok", "declined", "dropped", "failed"]
"""The outcome for an image and a type:

ok         there is a question
declined   the generator says that the image offers nothing for the type
dropped    no attempt passed the checks
failed     the model gave no reply; asking again may help
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityChecks:
    """Checks beyond the paper, which never remove a question. None: not checked, or no reply."""

    self_consistent: bool | None = None
    """Whether the generator gives the same answer when asked its own question again."""
    guessable: bool | None = None
    """Whether a model gives the answer without the image."""
    caption_answers: bool | None = None
    """Whether a model gives the answer from the image's BLIP caption alone."""
    answers_again: bool | None = None
    """Whether the verifier gives the answer when asked in other words."""
    premise_holds: bool | None = None
    """Whether the verifier says that what the question takes for granted is true."""
    answer_holds: bool | None = None
    """Whether the verifier says that the answer is right, and the only right one."""
    agreed: bool | None = None
    """Whether the question passed as many of the verifier's checks as the recipe asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionRow:
    """One image and one type."""

    id: str
    """`<conversation>/v/<turn>/<type>`."""
    conversation: str
    turn: str
    image: str
    """The image's SHA-256."""
    type: QuestionType
    split: Split
    state: QuestionState
    """Its outcome."""
    question: str | None = None
    answer: str | None = None
    reason: str | None = None
    """Why the answer is right, or why the generator declined."""
    problem: str | None = None
    """What was wrong with the last attempt, if it was dropped."""
    reply: str | None = None
    """The beginning of the last reply, if no attempt could be used."""
    attempts: int = 1
    """How many times the generator was asked."""
    quality: QualityChecks = field(default_factory=QualityChecks)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionCounts:
    """How many questions of a stage ended in each state."""

    ok: int
    declined: int
    dropped: int
    failed: int

    def __str__(self) -> str:
        return (
            f"{counted(self.ok, 'question')}, {self.declined:,} declined, "
            f"{self.dropped:,} dropped, {self.failed:,} without a reply"
        )


def count_states(states: Iterable[QuestionState]) -> QuestionCounts:
    """Count how many questions ended in each state."""
    counted = Counter(states)
    return QuestionCounts(**{state: counted[state] for state in get_args(QuestionState)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why questions were dropped."""

    problem: str
    """The problem with their replies."""
    number: int
    """How many questions have this problem."""
    reply: str
    """The beginning of one of the replies."""


def commonest_objection(
    rows: Iterable[tuple[QuestionState, str | None, str | None]],
) -> Objection | None:
    """Return the most common problem among dropped questions; None if none was dropped.

    The rows are (state, problem, reply).
    """
    dropped = [(problem, reply) for state, problem, reply in rows if state == "dropped" and problem]
    for problem, number in Counter(problem for problem, _ in dropped).most_common(1):
        reply = next((said for why, said in dropped if why == problem and said), "")
        return Objection(problem=problem, number=number, reply=reply)
    return None


def write_questions(path: Path, rows: Iterable[QuestionRow]) -> None:
    """Write the rows, one per line."""
    write_jsonl(path, (asdict(row) for row in rows))


def read_questions(path: Path) -> list[QuestionRow]:
    """Read the rows.

    Raises:
        InputError: the file is missing, or a line does not match its schema.
    """
    remedy = "Run the stage that writes it again: `locomo-vqa build generate`."
    rows = []
    for number, raw in read_jsonl(path, what="the questions file"):
        validate(raw, "question_row", path=path, place=f"line {number}", remedy=remedy)
        rows.append(_row(raw))
    return rows


def _row(raw: Mapping[str, Any]) -> QuestionRow:
    return QuestionRow(**{**raw, "quality": QualityChecks(**raw["quality"])})
