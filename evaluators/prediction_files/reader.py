"""Reads predictions files of any known layout and joins them with a benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.twins import twins_of
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_file
from locomo_vqa.published_files import ReportedVerdicts
from locomo_vqa.runs import Hit, Prediction, read_predictions

from .document import read_document
from .fields import plain_keys, shown
from .ids import split_id
from .join import Joined, join_rows
from .keys import QUESTION_KEYS
from .layouts import FileLayout
from .notes import notes_on, rows_phrase
from .parts import FilePart, ReadOptions, merge_verdicts, read_part
from .publisher_notes import notes_on_names
from .questions import index_questions
from .rankings import ranking_rows
from .reported import reported_verdicts
from .retrieved import retrieved_by_question
from .rows import SourceRow, check_length
from .several import check_distinct, hash_of_files
from .strict import check_our_rows, check_rows_by_id
from .verdicts import FoundVerdicts

__all__ = ["OwnMean", "PredictionFile", "read_prediction_file", "read_prediction_files"]


@dataclass(frozen=True, slots=True)
class OwnMean:
    """The mean of a score over all rows of a file that have it, whatever they belong to."""

    rows: int
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionFile:
    """A predictions file, or several that belong together, joined with a benchmark."""

    layout: FileLayout
    """The file's layout; of several files, the first one's."""
    sha256: str
    """The SHA-256 of the file, or of the list of several files' names and hashes."""
    predictions: tuple[Prediction, ...]
    """At most one per question, in the benchmark's order, with the benchmark's ids."""
    extra: tuple[str, ...]
    """The places of rows that match no question, or one that already has a row."""
    notes: tuple[str, ...]
    """Notes on how the file was read, one sentence each."""
    stored: Mapping[str, Mapping[str, float]]
    """The scores in the file, such as `f1_score`, by metric, then by question id."""
    own_means: Mapping[str, OwnMean] = field(default_factory=dict)
    """The means of these scores over all rows of the file, by metric."""
    reported: ReportedVerdicts | None = None
    """The verdicts of a judge that the file carries."""
    has_answers: bool = True
    """Whether the file has answers; one of rankings alone has none."""


def read_prediction_file(
    path: Path,
    benchmark: Benchmark,
    *,
    prediction_key: str | None = None,
    question_key: str | None = None,
    cutoff: str | None = None,
) -> PredictionFile:
    """Read a predictions file and join its rows with the benchmark's questions.

    The state of each prediction is `ok` or `empty`, except in our own layout, where the file states
    it.

    Args:
        path: the file, which may be compressed with gzip.
        benchmark: whose questions were answered.
        prediction_key: the key of the predictions, or a dotted path such as `result.answer`, if
            the layout doesn't determine it.
        question_key: the same for the questions.
        cutoff: which answer to take if each row has several, such as `top_50`.

    Raises:
        InputError: the file can't be used, or none of its rows belongs to the benchmark.
    """
    options = ReadOptions(prediction_key=prediction_key, question_key=question_key, cutoff=cutoff)
    return read_prediction_files([path], benchmark, options)


def read_prediction_files(
    paths: Sequence[Path], benchmark: Benchmark, options: ReadOptions, *, choose: bool = False
) -> PredictionFile:
    """Read predictions files that together are one set of predictions.

    Args:
        paths: the files.
        benchmark: whose questions were answered.
        options: the keys, if the layout doesn't determine them.
        choose: whether to leave out files without predictions, and note how many.

    Raises:
        InputError: a file can't be used, two answer the same question, or nothing belongs to the
            benchmark.
    """
    if not _all_ids(benchmark):
        raise InputError(
            f"{benchmark.folder}: the benchmark has no questions.",
            "Choose another benchmark, such as `sample`.",
        )
    if len(paths) == 1:
        document = read_document(paths[0])
        if options.prediction_key in (None, "prediction") and _is_ours(document):
            return _read_ours(paths[0], benchmark)
        document = ranking_rows(document, set(_all_ids(benchmark)))
        return _join(
            [read_part(paths[0], document, options, golds=_golds(benchmark))], benchmark, paths[0]
        )
    parts: list[FilePart] = []
    left_out: list[InputError] = []
    for path in paths:
        start = sum(len(part.rows) for part in parts)
        try:
            document = read_document(path)
            parts.append(
                read_part(
                    path, document, options, golds=_golds(benchmark), start=start, several=True
                )
            )
        except InputError as error:
            if not choose:
                raise
            left_out.append(error)
    if not parts:
        raise left_out[0]
    return _join(parts, benchmark, paths[0].parent, left_out=len(left_out))


def _join(
    parts: Sequence[FilePart], benchmark: Benchmark, path: Path, *, left_out: int = 0
) -> PredictionFile:
    ids = dict.fromkeys(_all_ids(benchmark))
    for part in parts:
        if part.layout == "longmemeval" and not _has_foreign_ids(part.rows, ids):
            check_rows_by_id(part.rows, ids, path=part.path)
    rows = [row for part in parts for row in part.rows]
    joined = join_rows(rows, index_questions(benchmark), path=path)
    if not joined.rows:
        raise _nothing_fits(path, benchmark, rows)
    check_distinct(parts, joined)
    retrieved, noted = retrieved_by_question(parts, joined, benchmark, path)
    has_answers = any(part.keys.prediction for part in parts)
    extra = sorted((*joined.unmatched, *joined.repeats), key=lambda row: row.order)
    questions = {question.id: question for question in benchmark.text_questions}
    first = parts[0]
    several = len(parts) + left_out > 1
    verdicts = merge_verdicts([part.verdicts for part in parts])
    files = [f"{len(parts)} files were read as one."] if several else []
    if left_out:
        files.append(f"Files without predictions were left out: {left_out}.")
    return PredictionFile(
        layout=first.layout,
        sha256=hash_of_files([part.path for part in parts]) if several else sha256_file(path),
        predictions=_in_order(
            [
                _to_prediction(name, row, retrieved.get(name, ()), answers=has_answers)
                for name, row in joined.rows.items()
            ],
            benchmark,
        ),
        extra=tuple(row.place for row in extra),
        notes=(
            *files,
            *noted,
            *dict.fromkeys(note for part in parts for note in part.notes),
            *notes_on(joined, questions, first.keys.prediction),
            *notes_on_names(dict(pair for part in parts for pair in part.misnamed.items())),
        ),
        stored=_stored_scores(joined),
        own_means=_own_means(rows, verdicts),
        reported=reported_verdicts(verdicts, joined.rows, questions),
        has_answers=has_answers,
    )


def _golds(benchmark: Benchmark) -> set[str]:
    texts = benchmark.text_questions
    return {gold.strip() for q in texts for gold in (q.answer, q.adversarial_answer) if gold}


def _has_foreign_ids(rows: Sequence[SourceRow], known: Mapping[str, None]) -> bool:
    """Return whether the ids are another harness's, with a conversation and a number in each."""
    ids = [row.question_id for row in rows]
    return not any(name in known for name in ids) and all(None not in split_id(n) for n in ids)


def _is_ours(document: Sequence[tuple[str, Any]]) -> bool:
    return any(
        isinstance(row, dict)
        and {"question_id", "state"} <= row.keys()
        and plain_keys(row).keys().isdisjoint(QUESTION_KEYS)
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
    """Return the ids of all questions, in the benchmark's order, and of the visual twins."""
    text = [question.id for question in benchmark.text_questions]
    visual = [question.id for question in benchmark.visual_questions]
    return text + visual + [twin.id for twin in twins_of(benchmark)]


def _to_prediction(
    question_id: str, row: SourceRow, retrieved: tuple[Hit, ...], *, answers: bool
) -> Prediction:
    return Prediction(
        question_id=question_id,
        prediction=(row.prediction or "") if answers else None,
        state="empty" if answers and row.prediction is None else "ok",
        retrieved=retrieved,
    )


def _stored_scores(joined: Joined) -> dict[str, dict[str, float]]:
    stored: dict[str, dict[str, float]] = {}
    for question_id, row in joined.rows.items():
        for name, value in row.scores.items():
            stored.setdefault(name, {})[question_id] = value
    return stored


def _own_means(rows: Sequence[SourceRow], verdicts: FoundVerdicts | None) -> dict[str, OwnMean]:
    values: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row.scores.items():
            values.setdefault(name, []).append(value)
    if verdicts is not None:
        judged = [verdicts.values.get(order, 0.0) for order in verdicts.asked]
        values.setdefault(verdicts.key, judged)
    return {name: OwnMean(len(found), fmean(found)) for name, found in values.items()}


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
