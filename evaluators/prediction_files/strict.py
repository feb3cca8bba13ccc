"""Checks files that use the benchmark's own question ids, for which nothing is guessed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.runs import Prediction

from .fields import shown
from .rows import SourceRow

__all__ = ["check_our_rows", "check_rows_by_id"]

_REMEDY = (
    'Write one row per question, with its answer as a string ("" if it is empty); leave out '
    "questions that were not asked."
)


def check_our_rows(rows: Sequence[Prediction], known: Collection[str], *, path: Path) -> None:
    """Raise an InputError for an unknown id, or for a row of state ok without a prediction."""
    for row in rows:
        if row.question_id not in known:
            raise _unknown_question(path, row.question_id, row.question_id, known)
        if row.state == "ok" and row.prediction is None:
            raise InputError(
                f"{path}: {row.question_id}: the state is ok, but the prediction is null.", _REMEDY
            )


def check_rows_by_id(rows: Sequence[SourceRow], known: Collection[str], *, path: Path) -> None:
    """Raise an InputError for an unknown or repeated id, or an answer that is not a string."""
    seen: set[str] = set()
    for row in rows:
        name = row.question_id
        problem = None
        if name is None:
            raise InputError(
                f"{path}: {row.place}: the question's id is missing or is not a string.",
                f"Write it as the benchmark does, such as “{next(iter(known))}”.",
            )
        if name not in known:
            raise _unknown_question(path, row.place, name, known)
        if name in seen:
            problem = f"the question {name} is answered twice"
        elif row.was_number:
            problem = "the answer is a number"
        elif row.was_null:
            problem = "the answer is null or NaN"
        if problem:
            raise InputError(f"{path}: {row.place}: {problem}.", _REMEDY)
        seen.add(name)


def _unknown_question(path: Path, place: str, name: str, known: Collection[str]) -> InputError:
    example = next(iter(known))
    return InputError(
        f"{path}: {shown(place, 100)}: the benchmark has no question “{shown(name, 100)}”; "
        f"its ids look like “{example}”.",
        "Leave the row out, or give the benchmark that the file was made for.",
    )
