"""Reads a predictions file of any known layout and joins it with a benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_file
from locomo_vqa.runs import Prediction, read_predictions

from .document import read_document
from .fields import QUESTION_KEYS, choose_answer_keys, shown
from .join import Joined, join_rows
from .layouts import FileLayout, find_rows
from .notes import notes_on, rows_phrase
from .questions import index_questions
from .rows import SourceRow, check_length, source_rows
from .strict import check_our_rows, check_rows_by_id

__all__ = ["PredictionFile", "read_prediction_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionFile:
    """A predictions file, joined with a benchmark."""

    layout: FileLayout
    """The file's layout."""
    sha256: str
    """The SHA-256 of the file."""
    predictions: tuple[Prediction, ...]
    """At most one per question, in the benchmark's order, with the benchmark's ids."""
    extra: tuple[str, ...]
    """The places of rows that match no question, or one that already has a row."""
    notes: tuple[str, ...]
    """Notes on how the file was read, one sentence each."""
    stored: Mapping[str, Mapping[str, float]]
    """The scores in the file, such as `f1_score`, by metric, then by question id."""


def read_prediction_file(
    path: Path, benchmark: Benchmark, *, prediction_key: str | None = None
) -> PredictionFile:
    """Read a predictions file and join its rows with the benchmark's questions.

    `prediction_key` is the key of the predictions, if the layout doesn't determine it. The state of
    each prediction is `ok` or `empty`, except in our own layout, where the file states it.

    Raises:
        InputError: the file can't be used, or none of its rows belongs to the benchmark.
    """
    if not _all_ids(benchmark):
        raise InputError(
            f"{benchmark.folder}: the benchmark has no questions.",
            "Choose another benchmark, such as `sample`.",
        )
    document = read_document(path)
    if prediction_key in (None, "prediction") and _is_ours(document):
        return _read_ours(path, benchmark)
    layout, found = find_rows(document, path=path)
    texts = benchmark.text_questions
    golds = {gold.strip() for q in texts for gold in (q.answer, q.adversarial_answer) if gold}
    keys = choose_answer_keys(
        [row.fields for row in found], prediction_key=prediction_key, golds=golds, path=path
    )
    rows = source_rows(found, keys, path=path)
    if layout == "longmemeval":
        check_rows_by_id(rows, dict.fromkeys(_all_ids(benchmark)), path=path)
    joined = join_rows(rows, index_questions(benchmark), path=path)
    if not joined.rows:
        raise _nothing_fits(path, benchmark, rows)
    extra = sorted((*joined.unmatched, *joined.repeats), key=lambda row: row.order)
    return PredictionFile(
        layout="zep" if layout == "mem0" and keys.prediction == "answer" else layout,
        sha256=sha256_file(path),
        predictions=_in_order([_to_prediction(*pair) for pair in joined.rows.items()], benchmark),
        extra=tuple(row.place for row in extra),
        notes=notes_on(joined, {question.id: question for question in texts}, keys.prediction),
        stored=_stored_scores(joined),
    )


def _is_ours(document: Sequence[tuple[str, Any]]) -> bool:
    return any(
        isinstance(row, dict)
        and {"question_id", "state"} <= row.keys()
        and row.keys().isdisjoint(QUESTION_KEYS)
        for _, row in document
    )


def _read_ours(path: Path, benchmark: Benchmark) -> PredictionFile:
    rows = read_predictions(path)
    check_our_rows(rows, dict.fromkeys(_all_ids(benchmark)), path=path)
    for row in rows:
        check_length(row.prediction or "", path=path, place=row.question_id)
    blank = [r for r in rows if r.state == "ok" and not (r.prediction or "").strip()]
    emptied = {row.question_id: replace(row, prediction="", state="empty") for row in blank}
    note = f"The answer is blank in {rows_phrase(len(blank))} with state ok."
    return PredictionFile(
        layout="ours",
        sha256=sha256_file(path),
        predictions=_in_order([emptied.get(r.question_id, r) for r in rows], benchmark),
        extra=(),
        notes=(note,) if blank else (),
        stored={},
    )


def _in_order(predictions: Sequence[Prediction], benchmark: Benchmark) -> tuple[Prediction, ...]:
    by_id = {prediction.question_id: prediction for prediction in predictions}
    return tuple(by_id[name] for name in _all_ids(benchmark) if name in by_id)


def _all_ids(benchmark: Benchmark) -> list[str]:
    """Return the ids of all questions, in the benchmark's order."""
    text = [question.id for question in benchmark.text_questions]
    return text + [question.id for question in benchmark.visual_questions]


def _to_prediction(question_id: str, row: SourceRow) -> Prediction:
    return Prediction(
        question_id=question_id,
        prediction=row.prediction or "",
        state="empty" if row.prediction is None else "ok",
    )


def _stored_scores(joined: Joined) -> dict[str, dict[str, float]]:
    stored: dict[str, dict[str, float]] = {}
    for question_id, row in joined.rows.items():
        for name, value in row.scores.items():
            stored.setdefault(name, {})[question_id] = value
    return stored


def _nothing_fits(path: Path, benchmark: Benchmark, rows: Sequence[SourceRow]) -> InputError:
    asked = next((row.question for row in rows if row.question), None)
    identified = next((row.question_id for row in rows if row.question_id), "")
    if asked is None:
        return _no_id_fits(path, benchmark, identified)
    examples = [question.question for question in benchmark.text_questions]
    examples += [question.question for question in benchmark.visual_questions]
    return InputError(
        f"{path}: no row belongs to the benchmark {benchmark.name}: the file asks "
        f"“{shown(asked, 100)}”, the benchmark “{shown(examples[0], 100)}”.",
        "Check that the file and the benchmark belong to the same data set.",
    )


def _no_id_fits(path: Path, benchmark: Benchmark, identified: str) -> InputError:
    return InputError(
        f"{path}: no row belongs to the benchmark {benchmark.name}: the file's ids "
        f"look like “{shown(identified, 100)}”, the benchmark's like “{_all_ids(benchmark)[0]}”.",
        "Write the benchmark's ids, or the questions' texts, into the rows.",
    )
