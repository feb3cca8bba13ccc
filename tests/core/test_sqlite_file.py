"""SQLite files that another program, or somebody hostile, made."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from locomo_vqa.errors import InputError, LocomoVqaError
from locomo_vqa.sqlite_file import SqliteFile

TABLE = "CREATE TABLE things (name TEXT PRIMARY KEY, size INTEGER) WITHOUT ROWID"
ENDLESS = (
    "CREATE VIEW things AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
    "SELECT x AS name, x AS size FROM n"
)


def made_by_another(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for statement in (*statements, "PRAGMA application_id = 77"):
            connection.execute(statement)
            connection.commit()
    return path


def opened(path: Path) -> SqliteFile:
    return SqliteFile(path, what="store of things", application=77, tables=TABLE)


@pytest.mark.parametrize(
    "statements",
    [
        (ENDLESS,),
        (TABLE, "CREATE TRIGGER t AFTER INSERT ON things BEGIN DELETE FROM things; END"),
        (TABLE.replace("INTEGER", "TEXT"),),
        (TABLE, "CREATE TABLE more (x)"),
        ("CREATE TABLE more (x)",),
    ],
    ids=["a view without end", "a trigger", "another column", "one table more", "another table"],
)
def test_only_our_own_tables_are_used(statements: tuple[str, ...], tmp_path: Path) -> None:
    path = made_by_another(tmp_path / "file", *statements)
    with pytest.raises(InputError, match="is not a store of things of this version"):
        opened(path)


def test_a_file_that_was_made_before_is_used(tmp_path: Path) -> None:
    path = made_by_another(tmp_path / "file", TABLE)
    for count in range(3):
        file = opened(path)
        file.do(lambda c, n=count: c.execute("INSERT INTO things VALUES (?, ?)", (str(n), n)))  # type: ignore[misc]
        found = file.do(lambda c: c.execute("SELECT count(*) FROM things").fetchone())
        assert found == (count + 1,)
        file.close()


def test_a_value_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    path = made_by_another(
        tmp_path / "file", TABLE, "INSERT INTO things VALUES ('a', zeroblob(200 << 20))"
    )
    file = opened(path)
    with pytest.raises(LocomoVqaError, match="too big"):
        file.do(lambda c: c.execute("SELECT size FROM things").fetchall())
    file.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes with names")
def test_a_pipe_and_a_device_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(InputError, match="is not a store of things"):
            opened(path)


def test_a_damaged_table_is_said_in_one_line(tmp_path: Path) -> None:
    path = made_by_another(tmp_path / "file", TABLE)
    path.write_bytes(path.read_bytes().replace(b"things", b"thi\xd5gs"))
    with pytest.raises(InputError, match=r"is damaged|is not a store of things") as refused:
        opened(path)
    assert "\n" not in refused.value.message
