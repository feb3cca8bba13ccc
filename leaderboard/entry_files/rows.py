"""Reads the rows of a submitted predictions.jsonl in bounded memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.bounded_reading import MAX_LINE_BYTES, MAX_LINES
from locomo_vqa.errors import InputError
from locomo_vqa.files import parse_json, some
from locomo_vqa.runs import MAX_ANSWER_CHARS, Prediction, prediction_from_row
from locomo_vqa.schemas import validate
from locomo_vqa.text import counted, escape_unprintable

from .plain_files import PREDICTIONS, open_plain
from .retrieved_ids import ids_alone

__all__ = ["MAX_LINE_BYTES", "Rows", "check_rows", "read_rows"]

_REMEDY = "Submit the run again."
_MORE_ROWS = 1000
"""Reading stops after two rows per question and this many more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The content of a predictions file."""

    predictions: tuple[Prediction, ...]
    """The first row of each expected question, in file order; of retrieved passages, the ids."""
    total: int
    """The number of rows."""
    problems: tuple[str, ...]
    """Sentences about unknown, repeated and missing questions."""


def read_rows(entry: Path, expected: Collection[str]) -> Rows:
    """Read an entry's predictions and compare their ids with the expected questions.

    The texts of the retrieved passages are most of such a file, and no score depends on them, so
    they are checked and dropped; R depends on the ids of their turns.

    Raises:
        InputError: a line is malformed or too long, or there are far too many lines; reading stops
            there.
    """
    predictions: dict[str, Prediction] = {}
    unknown: list[str] = []
    repeated: list[str] = []
    total, most = 0, 2 * len(expected) + _MORE_ROWS
    for prediction in _read_predictions(entry):
        total += 1
        if total > most:
            raise InputError(
                f"{PREDICTIONS}: has more than {most:,} rows, "
                f"for {counted(len(expected), 'question')}.",
                _REMEDY,
            )
        name = prediction.question_id
        if name not in expected:
            unknown.append(escape_unprintable(name, most=80))
        elif name in predictions:
            repeated.append(name)
        else:
            predictions[name] = prediction
    missing = [name for name in expected if name not in predictions]
    sentences = (
        (unknown, "{rows} for questions that are not in the split: {names}."),
        (repeated, "{rows} for questions that already have one: {names}."),
        (missing, "{questions} of the split without a row: {names}."),
    )
    problems = tuple(
        f"{PREDICTIONS}: "
        + text.format(
            rows=_count_of(names, "row"), questions=_count_of(names, "question"), names=some(names)
        )
        for names, text in sentences
        if names
    )
    return Rows(predictions=tuple(predictions.values()), total=total, problems=problems)


def check_rows(entry: Path) -> None:
    """Check the format of an entry's predictions, whichever questions they are for.

    Raises:
        InputError: a line is malformed or too long.
    """
    for _ in _read_predictions(entry):
        pass


def _count_of(items: list[str], noun: str) -> str:
    return counted(len(items), noun)


def _read_predictions(entry: Path) -> Iterator[Prediction]:
    path = Path(PREDICTIONS)
    for number, text in _read_lines(entry):
        row = parse_json(text, path=path, what="the predictions file", line=number)
        validate(row, "prediction", path=path, place=f"line {number}", remedy=_REMEDY)
        prediction = prediction_from_row({**row, "retrieved": ids_alone(row.get("retrieved", ()))})
        problem = _answer_problem(prediction)
        if problem:
            raise InputError(f"{path}: line {number}: {problem}.", _REMEDY)
        yield prediction


def _answer_problem(prediction: Prediction) -> str | None:
    answer, state = prediction.prediction, prediction.state
    if answer is None:
        return "the state is ok, but there is no answer" if state == "ok" else None
    if state not in ("ok", "empty"):
        return f"the state is {state}, but there is an answer"
    if len(answer) > MAX_ANSWER_CHARS:
        return f"the answer is longer than {MAX_ANSWER_CHARS:,} characters"
    return None


def _read_lines(entry: Path) -> Iterator[tuple[int, str]]:
    with open_plain(entry / PREDICTIONS) as stream:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if number > MAX_LINES:
                raise InputError(f"{PREDICTIONS}: has more than {MAX_LINES:,} lines.", _REMEDY)
            if len(line) > MAX_LINE_BYTES:
                raise InputError(
                    f"{PREDICTIONS}: line {number}: is longer than {MAX_LINE_BYTES >> 20} MiB.",
                    _REMEDY,
                )
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise InputError(
                    f"{PREDICTIONS}: line {number}: is not UTF-8 text.", _REMEDY
                ) from None
            if text.strip():
                yield number, text
