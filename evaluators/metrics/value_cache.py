"""An optional cache of computed values, in a file that all scorings share.

The file is an SQLite database with 32-byte keys. It may be deleted at any time; if it is damaged or
can't be written, it is skipped with a log message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from locomo_vqa.errors import LocomoVqaError
from locomo_vqa.sqlite_file import SqliteFile
from locomo_vqa.user_folders import cache_folder

__all__ = ["ValueCache", "cache_file", "cache_key"]

Value = float | str

_APPLICATION = 0x4C4D5643
_TABLES = "CREATE TABLE entries (key BLOB PRIMARY KEY, value NOT NULL) WITHOUT ROWID"
_Result = TypeVar("_Result")
_LOG = logging.getLogger(__name__)


def cache_file() -> Path:
    """Return the path of the cache; see `locomo_vqa.user_folders`."""
    return cache_folder() / "values.sqlite"


def cache_key(*parts: str) -> bytes:
    """Return a SHA-256 hash that is unique to these texts in this order."""
    digest = sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.digest()


class ValueCache:
    """Looks up and stores values; if the path is None, nothing is stored.

    The file is open only while it is used.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Value]:
        """Return the stored values, by key."""

        def read(connection: Connection) -> dict[bytes, Value]:
            found = {}
            for key in keys:
                row = connection.execute("SELECT value FROM entries WHERE key = ?", (key,))
                for (value,) in row:
                    if isinstance(value, float | str):
                        found[key] = value
            return found

        return self._try_with_file(read, {})

    def put(self, values: Mapping[bytes, Value]) -> None:
        """Store all values, or none if that fails."""

        def write(connection: Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            try:
                _insert(connection, values.items())
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

        if values:
            self._try_with_file(write, None)

    def _try_with_file(self, work: Callable[[Connection], _Result], otherwise: _Result) -> _Result:
        """Return the result of `work` on the file, or `otherwise` if the file can't be used."""
        if self._path is None:
            return otherwise
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = SqliteFile(
                self._path, what="cache of values", application=_APPLICATION, tables=_TABLES
            )
            try:
                return file.do(work)
            finally:
                file.close()
        except (LocomoVqaError, OSError) as error:
            _LOG.warning("Values are not cached: %s", error)
            self._path = None
            return otherwise


def _insert(connection: Connection, entries: Iterable[tuple[bytes, Value]]) -> None:
    connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?)", entries)
