"""The questions to review, from a work folder's `questions.jsonl`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from locomo_vqa.errors import InputError

from ..questions.rows import QualityChecks, QuestionRow, read_questions

__all__ = ["FLAGS", "Flag", "flags", "read_candidates"]

Flag = Literal["not_self_consistent", "guessable", "caption_answers"]
"""What the quality checks found wrong with a question:

not_self_consistent  the generator, asked its own question again, answers something else
guessable            a model that does not see the image gives the answer
caption_answers      a model that has the caption instead of the image gives it
"""
FLAGS: tuple[Flag, ...] = get_args(Flag)


def read_candidates(path: Path) -> dict[str, QuestionRow]:
    """Return the questions in the state `ok` by id, in file order.

    Raises:
        InputError: the file can't be read, an id occurs twice or a row has no question.
    """
    found: dict[str, QuestionRow] = {}
    for row in read_questions(path):
        if row.state != "ok":
            continue
        problem = "occurs a second time" if row.id in found else None
        if not row.question or not row.answer:
            problem = "lacks a question or an answer"
        if problem:
            raise InputError(
                f"{path}: {row.id} {problem}.",
                "Run the stage that writes it again: `locomo-vqa build generate`.",
            )
        found[row.id] = row
    return found


def flags(quality: QualityChecks) -> list[Flag]:
    """Return what the quality checks that were made found wrong with a question."""
    raised: dict[Flag, bool] = {
        "not_self_consistent": quality.self_consistent is False,
        "guessable": quality.guessable is True,
        "caption_answers": quality.caption_answers is True,
    }
    return [flag for flag in FLAGS if raised[flag]]
