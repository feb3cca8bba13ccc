"""The board's numbers in one row per entry, as results.parquet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..board_entry import Entry
from ..results import BOARD_METRICS, result_row
from .results_csv import COLUMNS, flat_row

if TYPE_CHECKING:
    import pyarrow

__all__ = ["results_parquet", "results_table"]

_FLAGS = ("trained_on_locomo",)
_COUNTS = ("answered", "questions", "conversations", *(f"{name}_n" for name in BOARD_METRICS))
_NUMBERS = ("answer_length", *(f"{m}{end}" for m in BOARD_METRICS for end in ("", "_low", "_high")))
_PLACES = ("kind", "badge", "table", "standing")
_RANKS = ("_rank_low", "_rank_high")


def results_parquet(
    entries: Iterable[Entry], rankings: Mapping[str, Mapping[str, Any]] | None = None
) -> bytes:
    """Return the rows of `results_table` as a Parquet file.

    The same entries give the same bytes with the same version of pyarrow.
    """
    import pyarrow as pa
    from pyarrow.parquet import write_table

    buffer = pa.BufferOutputStream()
    write_table(results_table(entries, rankings), buffer, compression="zstd")
    content: bytes = buffer.getvalue().to_pybytes()
    return content


def results_table(
    entries: Iterable[Entry], rankings: Mapping[str, Mapping[str, Any]] | None = None
) -> pyarrow.Table:
    """Return a row for each accepted entry: the columns of results.csv, and its place on the board.

    These are `kind`, `badge`, `table` and `standing` (see `Entry`), and `<metric>_rank_low`,
    `<metric>_rank_high` and `<metric>_group`, which say with whom it is tied. A cell is null where
    nothing is known, and text is unchanged: unlike a spreadsheet, no reader of this format
    takes it for a formula.

    Args:
        entries: a board's entries.
        rankings: the board's rankings, by table and metric.
    """
    import pyarrow as pa

    schema = pa.schema([(name, _type_of(name)) for name in _columns()])
    rows = [
        {
            **flat_row(result_row(entry)),
            **{name: getattr(entry, name) for name in _PLACES},
            **_ranks(entry, rankings or {}),
        }
        for entry in entries
        if entry.state == "rescored"
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def _columns() -> list[str]:
    ranks = [f"{name}{end}" for name in BOARD_METRICS for end in (*_RANKS, "_group")]
    return [*COLUMNS, *_PLACES, *ranks]


def _type_of(name: str) -> Any:
    import pyarrow as pa

    if name in _FLAGS:
        return pa.bool_()
    if name in _COUNTS or name.endswith(_RANKS):
        return pa.int32()
    return pa.float64() if name in _NUMBERS else pa.string()


def _ranks(entry: Entry, rankings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for metric, ranking in rankings.get(entry.table or "", {}).items():
        place = ranking["entries"].get(entry.name)
        if place is not None and metric in BOARD_METRICS:
            found |= dict(zip((f"{metric}{end}" for end in _RANKS), place["rank"], strict=True))
            found[f"{metric}_group"] = place.get("group")
    return found
