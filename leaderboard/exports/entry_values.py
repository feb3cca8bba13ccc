"""What an entry answered, and the value of each answer under each metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.runs import Prediction

from ..board_entry import Entry
from ..entry_files.published import read_published
from ..entry_files.rows import read_rows

if TYPE_CHECKING:
    import pyarrow

__all__ = ["answers_of", "values_by_entry"]


def answers_of(entry: Entry, folder: Path, benchmark: Benchmark) -> Mapping[str, Prediction]:
    """Return an accepted entry's answers by question id.

    Raises:
        InputError: its files can't be read any more.
    """
    if entry.kind == "file":
        predictions: Sequence[Prediction] = read_published(folder, benchmark).predictions
    else:
        assert entry.split is not None
        asked = questions_of(benchmark, entry.split, twins=True)
        expected = {question.id: None for question in asked}
        predictions = read_rows(folder, expected).predictions
    return {each.question_id: each for each in predictions}


def values_by_entry(table: pyarrow.Table) -> Iterator[tuple[str, dict[str, list[Any]]]]:
    """Yield each entry's name and its rows of scores.parquet, as columns, in the table's order."""
    import numpy as np

    if not table.num_rows:
        return
    names = table["entry"].unify_dictionaries().combine_chunks()
    codes = names.indices.to_numpy()
    starts = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist()]
    for start, end in zip(starts, [*starts[1:], table.num_rows], strict=True):
        yield names[start].as_py(), table.slice(start, end - start).to_pydict()
