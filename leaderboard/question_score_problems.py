"""What is wrong with a table of scores.parquet: whoever sends a board can write any file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, get_args

from locomo_vqa.benchmark.twins import is_twin_id
from locomo_vqa.files import some
from locomo_vqa.metric_names import METRICS
from locomo_vqa.runs import State
from locomo_vqa.text import escape_unprintable

from .results import BOARD_METRICS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow
    from numpy.typing import NDArray

__all__ = ["score_problems"]

_STATES = frozenset((*get_args(State), "missing"))
_MOST_SHOWN = 80
_TOLERANCE = 1e-4
"""How far a rounded value may lie outside of a metric's range, as a part of its scale."""


def score_problems(
    table: pyarrow.Table, schema: pyarrow.Schema, splits: Mapping[str, str | None]
) -> Iterator[str]:
    """Yield what is wrong with a table, one sentence each; later checks rely on earlier ones.

    Args:
        table: what the file has.
        schema: the columns and types that it must have.
        splits: the split of each accepted entry, by name.
    """
    if not table.schema.equals(schema):
        yield f"its columns and types must be those in docs/formats.md: {', '.join(schema.names)}."
        return
    texts = [name for name in schema.names if name not in BOARD_METRICS]
    if empty := [name for name in texts if table[name].null_count]:
        yield f"{empty[0]} is missing in a row."
        return
    yield from _row_problems({name: _codes(table[name]) for name in texts}, splits)
    import numpy as np

    for metric in BOARD_METRICS:
        values = table[metric].drop_null().to_numpy()
        info = METRICS[metric]
        widest = np.inf if info.contributes else info.scale
        if _outside(values, -np.inf if info.contributes else info.lowest * info.scale, widest):
            yield f"{metric} has a value that is not on the metric's scale."


def _codes(column: pyarrow.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """Return the number of each row's text, and the texts that occur, by number."""
    import numpy as np

    encoded = column.unify_dictionaries().combine_chunks()
    used, codes = np.unique(encoded.indices.to_numpy(), return_inverse=True)
    texts = encoded.dictionary.to_pylist()
    return codes.astype(np.int64), [texts[place] for place in used]


def _row_problems(
    columns: Mapping[str, tuple[NDArray[np.int64], list[str]]], splits: Mapping[str, str | None]
) -> Iterator[str]:
    import numpy as np

    entry, names = columns["entry"]
    question, ids = columns["question_id"]
    conversation, conversations = columns["conversation"]
    unknown = sorted({*names} ^ {*splits})
    if unknown:
        yield f"its entries are not the accepted ones of board.json: {_shown(unknown)}."
        return
    if len(np.unique(entry * len(ids) + question)) < len(entry):
        yield "a question occurs twice in an entry."
    if len(np.unique(question * len(conversations) + conversation)) > len(ids):
        yield "a question is in two conversations."
    asked_of_all = np.array([not is_twin_id(name) for name in ids], dtype=bool)[question]
    rows = np.bincount(entry[asked_of_all], minlength=len(names))
    for split in sorted({str(each) for each in splits.values()}):
        those = [number for number, name in enumerate(names) if str(splits[name]) == split]
        asked = len(np.unique(question[np.isin(entry, those) & asked_of_all]))
        if any(rows[number] != asked for number in those):
            yield f"entries of the split {split} have different questions."
    strange = sorted({*columns["state"][1]} - _STATES)
    if strange:
        yield f"{_shown(strange)} is not a state of an answer."


def _outside(values: NDArray[np.float32], lowest: float, highest: float) -> bool:
    """Return whether a value is not finite, or outside of a range."""
    import numpy as np

    margin = _TOLERANCE * highest if np.isfinite(highest) else 0.0
    inside = np.isfinite(values) & (values >= lowest - margin) & (values <= highest + margin)
    return not bool(np.all(inside))


def _shown(texts: list[str]) -> str:
    return some([escape_unprintable(text, most=_MOST_SHOWN) for text in texts])
