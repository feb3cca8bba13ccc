"""The values of every question as tables of numbers: a row an entry, a column a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..board import Board
from .board_rows import MAIN_METRICS, accepted_entries

if TYPE_CHECKING:
    import numpy as np
    import pyarrow
    from numpy.typing import NDArray

__all__ = ["ScoreMatrix", "read_scores"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreMatrix:
    """The main metrics' values of a board's accepted entries, in the order of their numbers."""

    questions: Sequence[str]
    """The questions' ids, sorted: the columns."""
    conversations: Sequence[str]
    """The conversation of each question."""
    values: dict[str, NDArray[np.float32]] = field(repr=False)
    """By metric: NaN where a question has no value."""
    states: NDArray[np.int32] = field(repr=False)
    """Each prediction's place in `state_names`."""
    state_names: Sequence[str]
    """The states of predictions that occur."""


def read_scores(board: Board) -> ScoreMatrix | None:
    """Return the values of a board's scores.parquet; None for a board that was never given one.

    Raises:
        InputError: the file is missing, or was changed after the board was written.
    """
    import numpy as np

    accepted = accepted_entries(board)
    if board.scores_sha256 is None or not accepted:
        return None
    table = _with_gold_answers(board.question_scores())
    entry, names = _codes(table, "entry")
    question, ids = _codes(table, "question_id")
    conversation, conversations = _codes(table, "conversation")
    state, states = _codes(table, "state")
    numbers = {each.name: number for number, each in enumerate(accepted)}
    row = np.array([numbers[name] for name in names], dtype=np.int32)[entry]
    shape = (len(accepted), len(ids))
    of_question = np.zeros(len(ids), dtype=np.int32)
    of_question[question] = conversation
    found = np.zeros(shape, dtype=np.int32)
    found[row, question] = state
    values = {}
    for metric in MAIN_METRICS:
        values[metric] = np.full(shape, np.nan, dtype=np.float32)
        values[metric][row, question] = table[metric].to_numpy()
    return ScoreMatrix(
        questions=ids,
        conversations=[conversations[place] for place in of_question],
        values=values,
        states=found,
        state_names=states,
    )


def _with_gold_answers(table: pyarrow.Table) -> pyarrow.Table:
    """Return the rows of questions that some entry has a value of in a main metric.

    Adversarial questions and visual twins have no gold answer, and a value in A alone.
    """
    import numpy as np

    question, ids = _codes(table, "question_id")
    valued = np.zeros(len(ids), dtype=bool)
    for metric in MAIN_METRICS:
        valued[question[~np.isnan(table[metric].to_numpy())]] = True
    return table.filter(valued[question])


def _codes(table: pyarrow.Table, column: str) -> tuple[NDArray[np.int32], list[str]]:
    """Return each row's place in the sorted list of a column's texts, and the list."""
    import numpy as np

    encoded = table[column].unify_dictionaries().combine_chunks()
    texts: list[str] = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy()
    known = sorted(texts[code] for code in np.unique(codes))  # Rows may have been left out.
    places = {text: place for place, text in enumerate(known)}
    by_code = np.array([places.get(text, 0) for text in texts], dtype=np.int32)
    return by_code[codes], known
