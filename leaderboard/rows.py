"""The rows of a submitted predictions.jsonl, read in bounded memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.files import parse_json, some
from locomo_vqa.runs import Prediction, prediction_from_row
from locomo_vqa.schemas import validate

from .entries import PREDICTIONS, open_plain, printable

__all__ = ["MAX_ANSWER_CHARACTERS", "MAX_LINE_BYTES", "Rows", "read_rows"]

MAX_ANSWER_CHARACTERS = 100_000
"""A longer answer is refused: it is no answer, and would slow down every metric."""

MAX_LINE_BYTES = 4 << 20
"""A longer line is refused before it is parsed."""

_REMEDY = "Submit the run again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a predictions file holds."""

    predictions: tuple[Prediction, ...]
    """The first row of each expected question, in file order, without what was retrieved."""
    total: int
    """The number of rows."""
    problems: tuple[str, ...]
    """Questions that are unknown, twice there or missing, a sentence each."""


def read_rows(entry: Path, expected: Collection[str]) -> Rows:
    """Read an entry's predictions and compare their ids with the expected questions.

    What was retrieved is the bulk of such a file, and no score depends on it, so it is checked
    and dropped.

    Raises:
        InputError: a line has another shape, or is too long; reading stops there.
    """
    predictions: dict[str, Prediction] = {}
    unknown: list[str] = []
    twice: list[str] = []
    total = 0
    for prediction in _predictions(entry):
        total += 1
        name = prediction.question_id
        if name not in expected:
            unknown.append(printable(name, most=80))
        elif name in predictions:
            twice.append(name)
        else:
            predictions[name] = prediction
    missing = [name for name in expected if name not in predictions]
    sentences = (
        (unknown, "{rows} for questions that the split does not have: {names}."),
        (twice, "{rows} for questions that have one already: {names}."),
        (missing, "{questions} of the split without a row: {names}."),
    )
    problems = tuple(
        f"{PREDICTIONS}: "
        + text.format(
            rows=_count(names, "row"), questions=_count(names, "question"), names=some(names)
        )
        for names, text in sentences
        if names
    )
    return Rows(predictions=tuple(predictions.values()), total=total, problems=problems)


def _count(items: list[str], noun: str) -> str:
    return f"{len(items):,} {noun}{'' if len(items) == 1 else 's'}"


def _predictions(entry: Path) -> Iterator[Prediction]:
    path = Path(PREDICTIONS)
    for number, text in _lines(entry):
        row = parse_json(text, path=path, what="the predictions file", line=number)
        validate(row, "prediction", path=path, place=f"line {number}", remedy=_REMEDY)
        prediction = prediction_from_row({**row, "retrieved": ()})
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
    if len(answer) > MAX_ANSWER_CHARACTERS:
        return f"the answer is longer than {MAX_ANSWER_CHARACTERS:,} characters"
    return None


def _lines(entry: Path) -> Iterator[tuple[int, str]]:
    with open_plain(entry / PREDICTIONS) as stream:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
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
