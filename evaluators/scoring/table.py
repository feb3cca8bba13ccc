"""The values of every question as one Parquet table, for pandas, Polars or DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark, TextQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.files import clean_text, new_file

from .report import ScoreReport

__all__ = ["TABLE", "write_table"]

TABLE = "scores.parquet"
"""The table's name in a folder of scores."""


def write_table(path: Path, sheet: ScoreReport, benchmark: Benchmark) -> None:
    """Write one row a question and metric, in the order of scores.jsonl, whole or not at all.

    Columns: question_id, conversation, kind (`text` or `visual`), category (LoCoMo's number, of a
    text question), type (of a visual one), split, question, gold, prediction, state, metric, value
    (on the metric's scale), latency_ms, input_tokens, output_tokens. What is not known is null.

    Raises:
        OutputError: the file can't be written.
    """
    import pyarrow.parquet as pq  # type: ignore[import-untyped,unused-ignore]

    table = _table(sheet, benchmark)
    with new_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", store_schema=False)


def _table(sheet: ScoreReport, benchmark: Benchmark) -> Any:
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]

    asked: dict[str, Question] = {q.id: q for q in benchmark.text_questions}
    asked |= {q.id: q for q in benchmark.visual_questions}
    given = {prediction.question_id: prediction for prediction in sheet.predictions}
    rows = sheet.scores.by_question
    questions = [asked[row.question_id] for row in rows]
    answers = [given.get(row.question_id) for row in rows]
    usages = [answer.usage if answer else None for answer in answers]
    in_text = [question if isinstance(question, TextQuestion) else None for question in questions]
    real, whole = pa.float64(), pa.int64()
    return pa.table(
        {
            "question_id": _texts([row.question_id for row in rows]),
            "conversation": _texts([question.conversation for question in questions]),
            "kind": _texts(["text" if question else "visual" for question in in_text]),
            "category": pa.array([q.category if q else None for q in in_text], pa.int8()),
            "type": _texts([None if isinstance(q, TextQuestion) else q.type for q in questions]),
            "split": _texts([question.split for question in questions]),
            "question": _texts([question.question for question in questions]),
            "gold": _texts([question.answer for question in questions]),
            "prediction": _texts([answer.prediction if answer else None for answer in answers]),
            "state": _texts([row.state for row in rows]),
            "metric": _texts([row.metric for row in rows]),
            "value": pa.array([row.value for row in rows], real),
            "latency_ms": pa.array([a.latency_ms if a else None for a in answers], real),
            "input_tokens": pa.array([u.input_tokens if u else None for u in usages], whole),
            "output_tokens": pa.array([u.output_tokens if u else None for u in usages], whole),
        }
    )


def _texts(column: Sequence[str | None]) -> Any:
    """Return a column that holds each text once: an answer has a row for every metric."""
    import pyarrow as pa

    places: dict[str, int] = {}
    indices = [
        None if text is None else places.setdefault(clean_text(text), len(places))
        for text in column
    ]
    return pa.DictionaryArray.from_arrays(
        pa.array(indices, pa.int32()), pa.array(list(places), pa.string())
    )
