"""The values of every question, as in scores.parquet beside board.json."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import new_file, sha256_file
from locomo_vqa.runs import Prediction
from locomo_vqa.scores import RowScore
from locomo_vqa.text import escape_unprintable

from .question_score_problems import score_problems
from .results import BOARD_METRICS

if TYPE_CHECKING:
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    from locomo_vqa.benchmark.questions import Question

__all__ = [
    "SCORES_FILE",
    "QuestionScoresWriter",
    "check_questions",
    "read_question_scores",
    "write_question_scores",
]

SCORES_FILE = "scores.parquet"
"""The file, beside board.json."""

_TEXTS = ("entry", "question_id", "conversation", "state")
_REMEDY = "Verify the submissions again: `locomo-vqa leaderboard verify`."
_GROUP_ROWS = 200_000
"""Rows are collected up to this number before they are compressed."""


class QuestionScoresWriter:
    """Collects the values of one entry after the other, in the order of their names."""

    def __init__(self, file: ParquetWriter) -> None:
        self._file = file
        self._columns: dict[str, list[Any]] = _empty_columns()

    def add(
        self,
        entry: str,
        questions: Sequence[Question],
        predictions: Sequence[Prediction],
        scores: Sequence[RowScore],
    ) -> None:
        """Add an entry's values: a row for each of `questions`.

        Adversarial questions and visual twins have a value in A alone.
        """
        states = {each.question_id: each.state for each in predictions}
        values = {(each.metric, each.question_id): each.value for each in scores}
        columns = self._columns
        for question in sorted(questions, key=lambda each: each.id):
            columns["entry"].append(entry)
            columns["question_id"].append(question.id)
            columns["conversation"].append(question.conversation)
            columns["state"].append(states.get(question.id, "missing"))
            for metric in BOARD_METRICS:
                columns[metric].append(values.get((metric, question.id)))
        if len(columns["entry"]) >= _GROUP_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write the rows collected so far."""
        if self._columns["entry"]:
            self._file.write_table(_table(self._columns))
            self._columns = _empty_columns()


@contextlib.contextmanager
def write_question_scores(folder: Path) -> Iterator[QuestionScoresWriter]:
    """Yield a writer of a folder's scores.parquet, which is replaced when the block ends.

    The same values give the same bytes with the same version of pyarrow.

    Raises:
        OutputError: the file can't be written.
    """
    from pyarrow.parquet import ParquetWriter

    with (
        new_file(folder / SCORES_FILE) as path,
        ParquetWriter(path, _schema(), compression="zstd") as file,
    ):
        writer = QuestionScoresWriter(file)
        yield writer
        writer.flush()


def read_question_scores(
    folder: Path, *, sha256: str | None, splits: Mapping[str, str | None]
) -> pyarrow.Table:
    """Read a folder's scores.parquet, whose hash board.json has.

    Args:
        folder: the folder of submissions.
        sha256: the hash in board.json.
        splits: the split of each accepted entry of board.json, by name.

    Raises:
        InputError: it is missing, was changed after board.json was written, or is not a file of
            these entries' values.
    """
    path = folder / SCORES_FILE
    try:
        found = None if path.is_symlink() else sha256_file(path)
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}).", _REMEDY) from None
    if sha256 is None or found != sha256:
        raise InputError(f"{path}: its hash is not the one in board.json.", _REMEDY)
    import pyarrow as pa
    from pyarrow.parquet import read_table

    try:
        table = read_table(path)
        table.validate(full=True)
    except (pa.ArrowException, OSError):
        raise InputError(f"{path}: is not a Parquet file, or is damaged.", _REMEDY) from None
    for problem in score_problems(table, _schema(), splits):
        raise InputError(f"{path}: {problem}", _REMEDY)
    return table


def check_questions(folder: Path, found: Iterable[str], known: Container[str]) -> None:
    """Check that the questions of a folder's scores.parquet are known.

    Raises:
        InputError: one is not in the benchmark.
    """
    foreign = next((name for name in found if name not in known), None)
    if foreign is not None:
        shown = escape_unprintable(foreign, most=80)
        raise InputError(
            f"{folder / SCORES_FILE}: the benchmark has no question {shown} with a gold answer.",
            _REMEDY,
        )


def _empty_columns() -> dict[str, list[Any]]:
    return {name: [] for name in (*_TEXTS[:3], *BOARD_METRICS, _TEXTS[3])}


def _schema() -> pyarrow.Schema:
    import pyarrow as pa

    text = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [(name, text if name in _TEXTS else pa.float32()) for name in _empty_columns()]
    )


def _table(columns: dict[str, list[Any]]) -> pyarrow.Table:
    import pyarrow as pa

    schema = _schema()
    return pa.table(
        {name: pa.array(columns[name], schema.field(name).type) for name in columns}, schema=schema
    )
