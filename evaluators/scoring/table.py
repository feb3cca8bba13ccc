"""Tabulates the value of each question in each metric, as columns and as a Parquet file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark, TextQuestion
from locomo_vqa.benchmark.questions import Question, questions_answered
from locomo_vqa.files import clean_text, new_file
from locomo_vqa.runs import Prediction
from locomo_vqa.scores import RowScore

__all__ = ["SCORES_TABLE", "score_columns", "write_score_table"]

SCORES_TABLE = "scores.parquet"
"""The table's file name in a folder of scores."""

_NUMBERS = {
    "category": "int8",
    "value": "float64",
    "latency_ms": "float64",
    "input_tokens": "int64",
    "output_tokens": "int64",
}
"""The Arrow types of columns that are not strings."""


def score_columns(
    benchmark: Benchmark, predictions: Sequence[Prediction], rows: Sequence[RowScore]
) -> dict[str, list[Any]]:
    """Return the columns of a table with one row for each question and metric.

    They are question_id, conversation, kind (`text` or `visual`), category (LoCoMo's number, of a
    text question), type (of a visual one), split, question, gold, prediction, state, metric, value
    (on the metric's scale), latency_ms, input_tokens, output_tokens. Unknown values are None.
    The rows are in the order of scores.jsonl.
    """
    asked: dict[str, Question] = {
        q.id: q for q in questions_answered(benchmark, "all", predictions)
    }
    given = {prediction.question_id: prediction for prediction in predictions}
    questions = [asked[row.question_id] for row in rows]
    answers = [given.get(row.question_id) for row in rows]
    usages = [answer.usage if answer else None for answer in answers]
    in_text = [question if isinstance(question, TextQuestion) else None for question in questions]
    return {
        "question_id": [row.question_id for row in rows],
        "conversation": [question.conversation for question in questions],
        "kind": ["text" if question else "visual" for question in in_text],
        "category": [question.category if question else None for question in in_text],
        "type": [None if isinstance(q, TextQuestion) else q.type for q in questions],
        "split": [question.split for question in questions],
        "question": [question.question for question in questions],
        "gold": [question.answer or None for question in questions],
        "prediction": [answer.prediction if answer else None for answer in answers],
        "state": [row.state for row in rows],
        "metric": [row.metric for row in rows],
        "value": [row.value for row in rows],
        "latency_ms": [answer.latency_ms if answer else None for answer in answers],
        "input_tokens": [usage.input_tokens if usage else None for usage in usages],
        "output_tokens": [usage.output_tokens if usage else None for usage in usages],
    }


def write_score_table(path: Path, columns: Mapping[str, Sequence[Any]]) -> None:
    """Write the result of `score_columns` to a Parquet file atomically.

    Raises:
        OutputError: the file can't be written.
    """
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]
    import pyarrow.parquet as pq  # type: ignore[import-untyped,unused-ignore]

    arrays = {
        name: _numbers(values, _NUMBERS[name]) if name in _NUMBERS else _texts(values)
        for name, values in columns.items()
    }
    with new_file(path) as temporary:
        pq.write_table(pa.table(arrays), temporary, compression="zstd", store_schema=False)


def _numbers(column: Sequence[float | None], kind: str) -> Any:
    """Return a column of numbers; `pyarrow.array` would import pandas, a third of a second."""
    import numpy as np
    import pyarrow as pa

    known = np.array([number is not None for number in column], bool)
    values = np.array([number or 0 for number in column], kind)
    buffers = [pa.py_buffer(np.packbits(known, bitorder="little")), pa.py_buffer(values)]
    return pa.Array.from_buffers(pa.type_for_alias(kind), len(column), buffers)


def _texts(column: Sequence[str | None]) -> Any:
    """Return a dictionary-encoded column, because texts repeat for every metric."""
    import numpy as np
    import pyarrow as pa

    places: dict[str, int] = {}
    indices = [
        None if text is None else places.setdefault(clean_text(text), len(places))
        for text in column
    ]
    texts = [text.encode() for text in places]
    offsets = np.cumsum([0, *map(len, texts)], dtype="int32")
    found = pa.StringArray.from_buffers(
        len(texts), pa.py_buffer(offsets), pa.py_buffer(b"".join(texts))
    )
    return pa.DictionaryArray.from_arrays(_numbers(indices, "int32"), found)
