"""Opens, checks and locks the toolkit's SQLite files, with readable errors."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from locomo_vqa.errors import InputError, LocomoVqaError, OutputError

__all__ = ["SqliteFile"]

BUSY_TIMEOUT_S = 60.0
"""How many seconds one process waits for another's transaction."""

MAX_VALUE_BYTES = 160 << 20
"""The longest row that is read or written; the metering proxy's longest reply has 128 MiB."""

_ROOM = "Choose a writable file on a disk with free space; what was stored before is kept."
_WAIT = "Wait for the process that is writing to it, or end that process."
_UNWRITABLE = {
    sqlite3.SQLITE_FULL: _ROOM,
    sqlite3.SQLITE_IOERR: _ROOM,
    sqlite3.SQLITE_READONLY: _ROOM,
    sqlite3.SQLITE_CANTOPEN: _ROOM,
    sqlite3.SQLITE_PERM: _ROOM,
    sqlite3.SQLITE_BUSY: _WAIT,
    sqlite3.SQLITE_LOCKED: _WAIT,
}
_Result = TypeVar("_Result")


class SqliteFile:
    """One connection, for several threads, to a file that several processes may share.

    Each statement is a separate transaction in a write-ahead log with `synchronous=NORMAL`.

    Raises:
        InputError: the file is damaged, or belongs to another program; it is left unchanged.
        OutputError: it can't be written.
    """

    def __init__(self, path: Path, *, what: str, application: int, tables: str) -> None:
        self.path = path
        self._what = what
        self._application = application
        self._tables = tables
        self._lock = threading.Lock()
        try:
            self._check_regular()
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
        except sqlite3.Error as error:
            raise self._to_error(error) from None
        try:
            self.do(self._open)
        except BaseException:
            self._connection.close()
            raise

    def do(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Return the result of `work` on the connection.

        Raises:
            InputError: the file is damaged.
            OutputError: it can't be written.
        """
        with self._lock:
            try:
                return work(self._connection)
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise self._to_error(error) from None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _open(self, connection: sqlite3.Connection) -> None:
        """Create the tables in an empty file, or check that the file is ours."""
        connection.execute("BEGIN IMMEDIATE")
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        used = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not used and not application:
            connection.execute(self._tables)
            connection.execute(f"PRAGMA application_id = {self._application}")
        elif application != self._application or not _has_tables(connection, self._tables):
            raise self._another_file()
        connection.execute("COMMIT")
        _write_ahead(connection)

    def _check_regular(self) -> None:
        if self.path.exists() and not self.path.is_file():
            raise self._another_file()

    def _another_file(self) -> InputError:
        return InputError(
            f"{self.path}: is not a {self._what} of this version.",
            "Choose another file; it is created if it does not exist.",
        )

    def _to_error(self, error: sqlite3.Error | UnicodeDecodeError) -> LocomoVqaError:
        """Return an SQLite error as one of ours, with a remedy."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _UNWRITABLE:
            return OutputError(f"{self.path}: can't be used ({error}).", _UNWRITABLE[code])
        reason = str(error).partition(" with text ")[0]  # It may be long, and have line breaks.
        return InputError(
            f"{self.path}: is not a {self._what}, or is damaged ({reason}).",
            "Delete it or choose another file; what is missing is computed again.",
        )


def _has_tables(connection: sqlite3.Connection, tables: str) -> bool:
    """Return whether a file has these tables and nothing else, such as an endless view."""
    listed = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    with contextlib.closing(sqlite3.connect(":memory:")) as model:
        model.execute(tables)
        wanted = model.execute(listed).fetchall()
    return connection.execute(listed).fetchmany(len(wanted) + 1) == wanted


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log, and wait for other processes, which SQLite doesn't do here."""
    give_up = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.02)
