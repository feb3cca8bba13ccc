"""Writes tables as Parquet files that `datasets` reads, with the same bytes every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import SPLITS

from .tables import Table

__all__ = ["SHARD_BYTES", "ParquetLayout", "write_parquet"]

ParquetLayout = Mapping[str, Mapping[str, Sequence[str]]]
"""Files by configuration and split, relative to the data set's folder."""

SHARD_BYTES = 500_000_000
"""A split with more bytes is cut into several files; images count once per question."""

_GROUP_BYTES = 32_000_000
"""Rows are written in groups of at most this many bytes, or of one row."""
_GROUP_ROWS = 100
"""Groups have at most this many rows too, so that showing one row doesn't read the whole file."""


def write_parquet(
    folder: Path, tables: Mapping[str, Table], *, shard_bytes: int = SHARD_BYTES
) -> ParquetLayout:
    """Write `data/<configuration>/<split>-<n>-of-<m>.parquet` below a folder.

    One group of rows is in memory at a time. A split without rows gets no file, since `datasets`
    can't load an empty one, and a configuration without any is left out.
    """
    layout: dict[str, dict[str, list[str]]] = {}
    for config, table in tables.items():
        for split in SPLITS:
            items = [item for item in table.items if item.split == split]
            shards = list(_row_groups(items, table.size, most_bytes=shard_bytes))
            for number, shard in enumerate(shards):
                name = f"data/{config}/{split}-{number:05d}-of-{len(shards):05d}.parquet"
                _write_file(folder / name, table, shard)
                layout.setdefault(config, {}).setdefault(split, []).append(name)
    return layout


def _write_file(path: Path, table: Table, items: Sequence[Any]) -> None:
    """Write one file with the options that `datasets` uses, except for the images.

    An image's questions are in neighbouring rows, so dictionary encoding stores its bytes once per
    group. They are already compressed.
    """
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]
    import pyarrow.parquet as pq  # type: ignore[import-untyped,unused-ignore]

    schema = table.features.arrow_schema
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(
        path,
        schema,
        version="2.6",
        compression="snappy",
        use_dictionary=True,
        dictionary_pagesize_limit=2 * _GROUP_BYTES,
        use_content_defined_chunking=True,
        write_page_index=True,
    ) as writer:
        for group in _row_groups(items, table.size, most_bytes=_GROUP_BYTES, most_rows=_GROUP_ROWS):
            rows = [table.row(item) for item in group]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _row_groups(
    items: Sequence[Any],
    size: Callable[[Any], int],
    *,
    most_bytes: int,
    most_rows: int | None = None,
) -> Iterator[list[Any]]:
    """Yield consecutive runs of items, none larger than allowed unless it is a single item."""
    run: list[Any] = []
    total = 0
    for item in items:
        if run and (total + size(item) > most_bytes or len(run) == most_rows):
            yield run
            run, total = [], 0
        run.append(item)
        total += size(item)
    if run:
        yield run
