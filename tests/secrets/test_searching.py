"""The search finds what it should: else the tests beside it prove nothing."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from locomo_vqa.sqlite_file import SqliteFile

from .echo import FORMS, KEY
from .searching import find_secret, has_secret


@pytest.mark.parametrize("number", range(len(FORMS)))
def test_every_form_is_found(number: int) -> None:
    assert has_secret(KEY, f"before {FORMS[number](KEY)} after")
    assert not has_secret(KEY, f"before {FORMS[number](KEY[:-4])} after")


def test_packed_files_are_looked_into(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [KEY]}), tmp_path / "a.parquet", compression="zstd")
    (tmp_path / "b.txt").write_text("nothing")
    table = "CREATE TABLE t (x BLOB)"
    file = SqliteFile(tmp_path / "c.db", what="file", application=7, tables=table)
    file.do(lambda db: db.execute("INSERT INTO t VALUES (?)", (KEY.encode(),)))
    found = find_secret(KEY, tmp_path)
    file.close()
    assert {"a.parquet"} <= set(found) <= {"a.parquet", "c.db", "c.db-wal"}
    assert {"c.db", "c.db-wal"} & set(found)
