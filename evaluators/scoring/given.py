"""Reads predictions passed as Python objects: a dict, a data frame, or `Prediction` objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from locomo_vqa.arguments import check_choice
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.twins import twins_of
from locomo_vqa.errors import InputError
from locomo_vqa.files import clean_text, sha256_text
from locomo_vqa.runs import MAX_ANSWER_CHARS, STATES, Prediction, prediction_from_row
from locomo_vqa.schemas import validate

from ..prediction_files.rankings import hits_in
from .ranking_frames import rankings_of_frame

__all__ = ["GivenPredictions", "given_predictions"]

_SHAPES = (
    "Give a run, a path, a dict from question id to answer, a data frame with the columns "
    "question_id and prediction, or Prediction objects."
)
_TEXT = 'Give the answer as a string ("" if empty); leave out questions that were not asked.'


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPredictions:
    """Predictions in the benchmark's order, with the properties of a predictions file."""

    predictions: tuple[Prediction, ...]
    sha256: str
    """The SHA-256 of the predictions.jsonl that they would make."""
    notes: tuple[str, ...]
    """Notes on how the predictions were read."""
    has_answers: bool = True
    """Whether they are answers, and not rankings alone."""


def given_predictions(source: object, benchmark: Benchmark) -> GivenPredictions:
    """Check predictions against the benchmark's questions.

    Args:
        source: a dict from question id to an answer or to the fields of a row; a data frame with
            the columns `question_id` and `prediction`, and perhaps `state`; or predictions.

    Raises:
        InputError: it is something else, a question is unknown or there twice, or an answer is
            not a strxt.
    """
    ids = [question.id for question in benchmark.text_questions]
    ids += [question.id for question in benchmark.visual_questions]
    ids += [twin.id for twin in twins_of(benchmark)]
    order = {name: place for place, name in enumerate(ids)}
    found: dict[str, Prediction] = {}
    blank = 0
    rankings = _rankings(source, benchmark)
    for prediction in _predictions(source if rankings is None else rankings):
        if prediction.question_id not in order:
            raise InputError(
                f"The benchmark {benchmark.name} has no question {prediction.question_id!r}; its "
                f"ids look like {next(iter(ids), '')!r}.",
                "Leave it out, or give the benchmark that was used.",
            )
        if prediction.question_id in found:
            raise InputError(
                f"The question {prediction.question_id} is answered twice.", "Keep one answer."
            )
        if rankings is None and prediction.state == "ok" and not _has_text(prediction):
            prediction = replace(prediction, prediction="", state="empty")
            blank += 1
        found[prediction.question_id] = prediction
    if not found:
        raise InputError("There are no predictions to score.", _SHAPES)
    ordered = tuple(sorted(found.values(), key=lambda each: order[each.question_id]))
    lines = (json.dumps(row.to_row(), ensure_ascii=False) + "\n" for row in ordered)
    noun = "answer is" if blank == 1 else "answers are"
    return GivenPredictions(
        predictions=ordered,
        sha256=sha256_text(clean_text("".join(lines))),
        notes=(f"{blank:,} {noun} blank.",) if blank else (),
        has_answers=rankings is None,
    )


def _rankings(source: object, benchmark: Benchmark) -> list[Prediction] | None:
    """Return a dict or a data frame of rankings as predictions; None for anything else."""
    if hasattr(source, "columns") and hasattr(source, "to_dict"):
        source = rankings_of_frame(source)
    if not isinstance(source, Mapping) or not source:
        return None
    if not all(isinstance(each, list | tuple) for each in source.values()):
        return None
    homes = {question.id: question.conversation for question in benchmark.text_questions}
    homes |= {question.id: question.conversation for question in benchmark.visual_questions}
    names = [conversation.id for conversation in benchmark.conversations]
    return [
        Prediction(
            question_id=name,
            prediction=None,
            state="ok",
            retrieved=hits_in(list(ids), conversation=homes.get(name, ""), others=names),
        )
        for name, ids in source.items()
    ]


def _has_text(prediction: Prediction) -> bool:
    return bool((prediction.prediction or "").strip())


def _predictions(source: object) -> Iterator[Prediction]:
    if isinstance(source, Mapping):
        for question_id, answer in source.items():
            yield _to_prediction(question_id, answer)
    elif hasattr(source, "columns") and hasattr(source, "to_dict"):
        yield from _of_frame(source)
    elif isinstance(source, Iterable):
        for each in source:
            if not isinstance(each, Prediction):
                raise InputError(f"{type(each).__name__} can't be scored.", _SHAPES)
            yield each
    else:
        raise InputError(f"{type(source).__name__} can't be scored.", _SHAPES)


def _of_frame(frame: Any) -> Iterator[Prediction]:
    names = [str(name) for name in frame.columns]
    missing = [name for name in ("question_id", "prediction") if name not in names]
    if missing:
        raise InputError(
            f"The data frame has no column {' or '.join(missing)}; it has {', '.join(names)}.",
            "Rename its columns to question_id and prediction.",
        )
    wanted = [name for name in ("question_id", "prediction", "state") if name in names]
    for row in frame[wanted].to_dict("records"):
        fields = {name: None if _is_absent(value) else value for name, value in row.items()}
        yield _to_prediction(fields.pop("question_id"), fields)


def _to_prediction(question_id: object, answer: object) -> Prediction:
    if isinstance(answer, Prediction):
        return answer
    fields = dict(answer) if isinstance(answer, Mapping) else {"prediction": answer}
    row: dict[str, Any] = {"prediction": None, "state": "ok", **fields, "question_id": question_id}
    text = row["prediction"]
    if not isinstance(question_id, str):
        raise InputError(
            f"A question's id must be a string, not {question_id!r}.",
            "Use the ids of the benchmark's questions.",
        )
    check_choice("state", row["state"], STATES)
    if not isinstance(text, str) and (text is not None or row["state"] == "ok"):
        raise InputError(f"{question_id}: the answer must be a string, not {text!r}.", _TEXT)
    if text is not None and len(text) > MAX_ANSWER_CHARS:
        raise InputError(
            f"{question_id}: the answer has {len(text):,} characters; the limit is "
            f"{MAX_ANSWER_CHARS:,}.",
            "Check what the system wrote there.",
        )
    validate(row, "prediction", path=Path("predictions"), place=question_id, remedy=_TEXT)
    return prediction_from_row(row)


def _is_absent(value: object) -> bool:
    """Return whether a data frame's cell is empty: None, NaN, or pandas' NA."""
    return value is None or value != value or type(value).__name__ == "NAType"
