"""The board's numbers in one row per entry, as results.parquet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..board_entry import Entry
from ..results import BOARD_METRICS, Rankings, result_row
from .results_csv import COLUMNS, flat_row

if TYPE_CHECKING:
    import pyarrow

__all__ = ["results_parquet", "results_table"]

_FLAGS = ("trained_on_locomo", "clean")
_METRICS = (*BOARD_METRICS, "reported_j")
_COUNTS = ("answered", "questions", "conversations", *(f"{name}_n" for name in _METRICS))
_NUMBERS = ("answer_length", *(f"{m}{end}" for m in _METRICS for end in ("", "_low", "_high")))
_RANKS = ("_rank_low", "_rank_high")


def results_parquet(entries: Iterable[Entry], rankings: Rankings | None = None) -> bytes:
    """Return the rows of `results_table` as a Parquet file.

    The same entries give the same bytes with the same version of pyarrow.
    """
    import pyarrow as pa
    from pyarrow.parquet import write_table

    buffer = pa.BufferOutputStream()
    write_table(results_table(entries, rankings), buffer, compression="zstd")
    content: bytes = buffer.getvalue().to_pybytes()
    return content


def results_table(entries: Iterable[Entry], rankings: Rankings | None = None) -> pyarrow.Table:
    """Return a row for each accepted entry, with the columns of results.csv.

    A cell is null where nothing is known, and text is unchanged: unlike a spreadsheet, no reader of
    this format takes it for a formula.

    Args:
        entries: a board's entries.
        rankings: the board's rankings.
    """
    import pyarrow as pa

    schema = pa.schema([(name, _type_of(name)) for name in COLUMNS])
    rows = [flat_row(result_row(entry, rankings)) for entry in entries if entry.state == "rescored"]
    return pa.Table.from_pylist(rows, schema=schema)


def _type_of(name: str) -> Any:
    import pyarrow as pa

    if name in _FLAGS:
        return pa.bool_()
    if name in _COUNTS or name.endswith(_RANKS):
        return pa.int32()
    return pa.float64() if name in _NUMBERS else pa.string()
