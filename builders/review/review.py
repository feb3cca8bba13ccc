"""A review: its questions, their images, and the decisions, which are saved to disk."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.closable import Closable
from locomo_vqa.errors import InputError
from locomo_vqa.files import clean_text
from locomo_vqa.jsonl_log import JsonlLog
from locomo_vqa.schemas import validate
from locomo_vqa.timestamps import utc_now

from ..questions.rows import QuestionRow
from .candidates import flags, read_candidates
from .decisions import (
    DECISIONS_FILE,
    Decision,
    SortedDecisions,
    about_of,
    decision_problem,
    parse_decision,
    sort_decisions,
    standing,
)

__all__ = ["BadDecision", "Review", "UnknownQuestion"]


class BadDecision(Exception):
    """A decision that can't be accepted; its text is a sentence for the reviewer."""


class UnknownQuestion(Exception):
    """A decision on a question that is not under review."""


class Review(Closable):
    """The questions of a work folder and the decisions on them; thread-safe.

    Raises:
        InputError: a file does not match its schema, or the questions belong to another benchmark.
        OutputError: another review of this folder is open, or it can't be written.
    """

    def __init__(self, work: Path, benchmark: Benchmark) -> None:
        self.path = work / "review.jsonl"
        self.benchmark = benchmark
        self.questions = read_candidates(work / "questions.jsonl")
        self.images = _image_paths(self.questions, benchmark)
        """The path of each image by its SHA-256."""
        self._turns = _turns_with_images(benchmark)
        self._lock = threading.Lock()
        self._file = JsonlLog(
            self.path, what=DECISIONS_FILE, remedy="End the other review of this folder first."
        )
        try:
            found = self._read()
        except BaseException:
            self._file.close()
            raise
        self._decisions = dict(found.applied)
        self.set_aside = len(found.set_aside)
        """How many decisions in the file are not applied; see `SortedDecisions.set_aside`."""

    def decisions(self) -> dict[str, Decision]:
        """Return the current decisions, by the question's id."""
        with self._lock:
            return dict(self._decisions)

    def decide(self, posted: Any) -> Decision:
        """Save one decision, `{id, decision, question?, answer?}`, and return it.

        Raises:
            UnknownQuestion: no such question is under review.
            BadDecision: the object is not a decision, or its words do not pass the check.
            OutputError: it can't be written, in which case it does not count.
        """
        if (problem := decision_problem(posted)) is not None:
            raise BadDecision(problem)
        row = self.questions.get(posted["id"])
        if row is None:
            raise UnknownQuestion(posted["id"])
        words = {name: _collapse_spaces(posted.get(name)) for name in ("question", "answer")}
        if words == {"question": row.question, "answer": row.answer}:
            raise BadDecision("These are the generator's own words; accept the question instead.")
        with self._lock:
            decision = Decision(
                id=row.id,
                about=about_of(row),
                decision=posted["decision"],
                **words,
                time=utc_now(),
            )
            line = asdict(decision)
            validate(line, "decision", path=self.path, remedy="Please report it.")
            self._file.append(line)
            if decision.decision == "undo":
                self._decisions.pop(row.id, None)
            else:
                self._decisions[row.id] = decision
        return decision

    def question(self, row: QuestionRow) -> dict[str, Any]:
        """Return a question as the page shows it: with its flags and the turn it is about."""
        return {
            "id": row.id,
            "conversation": row.conversation,
            "turn": row.turn,
            "image": row.image,
            "type": row.type,
            "split": row.split,
            "question": row.question,
            "answer": row.answer,
            "reason": row.reason,
            "flags": flags(row.quality),
            "shared": self._turns.get((row.conversation, row.turn, row.image)),
        }

    def counts(self) -> dict[str, int]:
        """Return the number of questions, of each kind of decision, and of decisions set aside."""
        found = Counter(decision.decision for decision in self.decisions().values())
        return {
            "questions": len(self.questions),
            "accepted": found["accept"],
            "corrected": found["correct"],
            "rejected": found["reject"],
            "open": len(self.questions) - found.total(),
            "set_aside": self.set_aside,
        }

    def close(self) -> None:
        """Release the decisions for other processes."""
        self._file.close()

    def _read(self) -> SortedDecisions:
        decisions = standing(
            parse_decision(row, path=self.path, line=number) for number, row in self._file.rows()
        )
        return sort_decisions(self.questions.values(), decisions)


def _image_paths(questions: Mapping[str, QuestionRow], benchmark: Benchmark) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for row in questions.values():
        try:
            paths[row.image] = benchmark.image_path(row.image)
        except KeyError:
            raise InputError(
                f"{benchmark.folder}: has no image {row.image[:12]}… for {row.id}.",
                "Name the `benchmark` that the questions were generated for.",
            ) from None
    return paths


def _turns_with_images(benchmark: Benchmark) -> dict[tuple[str, str, str], dict[str, str | None]]:
    """Return who shared each image, when and with which words, by conversation, turn and hash."""
    return {
        (conversation.id, turn.id, image.sha256): {
            "speaker": turn.speaker,
            "day": f"{session.time:%Y-%m-%d}",
            "text": turn.text,
            "caption": image.caption,
        }
        for conversation in benchmark.conversations
        for session, turn in conversation.turns()
        for image in turn.images
        if image.sha256 is not None
    }


def _collapse_spaces(text: str | None) -> str | None:
    return None if text is None else " ".join(clean_text(text).split())
