"""Stores recorded replies, so that a second run of any system makes no requests to the endpoint.

They are in an SQLite file with one row per reply, as in `locomo_vqa.responses`. Here, however, a
reply is the bytes received, in their original pieces, because the clients are third-party code.

The key is the SHA-256 of everything that can change a reply, or that distinguishes equal requests:

- the endpoint's address and, if given, the model's revision;
- the method, path and query;
- the body: JSON in canonical form (so the order of keys does not matter), anything else byte for
  byte with its content type. It contains the model, messages, tools, temperature, seed and the flag
  `stream`; no field is assumed to have no effect;
- the number of a repeat, from 2, so that no repeat gets the replies of another;
- the conversation, and the request's number among equal ones in that conversation: at a
  temperature above 0, a system that asks three times gets three replies, and the same three again.

The key excludes the stage, the API key, and other headers. No API key or request body is written
to the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import canonical_json
from locomo_vqa.sqlite_file import SqliteFile
from locomo_vqa.timestamps import utc_now

__all__ = ["Recorded", "RecordingKey", "Recordings"]

_APPLICATION = 0x4C560002
_TABLE = """
CREATE TABLE recordings (
    key TEXT PRIMARY KEY, parts TEXT NOT NULL, status INTEGER NOT NULL, headers TEXT NOT NULL,
    pieces TEXT NOT NULL, body BLOB NOT NULL, time TEXT NOT NULL, checksum TEXT NOT NULL
) WITHOUT ROWID
"""
_PUT = "INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_GET = "SELECT parts, status, headers, pieces, body, time, checksum FROM recordings WHERE key = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingKey:
    """The key of a recorded reply."""

    address: str
    """The endpoint's base URL, without user name and password."""
    revision: str | None
    """The model's revision, if given."""
    method: str
    """The HTTP method."""
    target: str
    """The path after /v1, with the query."""
    body_sha256: str
    """The SHA-256 of the body, with JSON in canonical form."""
    conversation: str
    """The conversation's id."""
    number: int
    """The request's number among equal ones in the conversation, from 0."""
    repeat: int | None = None
    """The number of the run among repeats, from 2: the first has the key of a single run."""

    def parts(self) -> str:
        """Return the key's fields as canonical JSON."""
        parts = {name: getattr(self, name) for name in self.__slots__}
        if self.repeat is None:
            del parts["repeat"]
        return canonical_json(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A complete reply."""

    status: int
    """The HTTP status, from 200 to 299."""
    headers: Mapping[str, str]
    """The headers that describe the body."""
    body: bytes | bytearray
    """The body."""
    lengths: Sequence[int]
    """The lengths of the pieces in which it was received."""

    def pieces(self) -> Iterator[bytes]:
        """Yield the pieces in which the body was received."""
        begin = 0
        for length in self.lengths:
            yield bytes(self.body[begin : begin + length])
            begin += length


class Recordings:
    """Recorded replies in one file, which several processes may share.

    When `put` returns, the row has been passed to the operating system.

    Raises:
        InputError: the file is damaged, or holds something else.
        OutputError: the file can't be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = SqliteFile(
            path, what="file of recorded calls", application=_APPLICATION, tables=_TABLE
        )

    def get(self, asked: RecordingKey) -> Recorded | None:
        """Return the recorded reply, or None.

        Raises:
            InputError: the row exists, but was changed.
        """
        key, parts = _key(asked)
        row = self._file.do(lambda connection: connection.execute(_GET, (key,)).fetchone())
        if row is None:
            return None
        *values, checksum = row
        if values[0] != parts or checksum != _checksum(key, values):
            raise InputError(
                f"{self.path}: the reply {key[:16]}… was changed after it was recorded.",
                "Restore the file, or delete it; missing replies are requested again.",
            )
        _, status, headers, pieces, body, _ = values
        return Recorded(
            status=status,
            headers=json.loads(headers),
            body=body,
            lengths=json.loads(pieces),
        )

    def put(self, asked: RecordingKey, reply: Recorded, *, replace: bool) -> None:
        """Record a reply; with `replace`, overwrite an existing one.

        Raises:
            OutputError: the reply can't be written, for example because the disk is full.
        """
        key, parts = _key(asked)
        values = (
            parts,
            reply.status,
            canonical_json(dict(reply.headers)),
            canonical_json(list(reply.lengths)),
            reply.body,
            utc_now(),
        )
        row = (key, *values, _checksum(key, values))
        insert = f"INSERT OR {'REPLACE' if replace else 'IGNORE'} {_PUT}"
        self._file.do(lambda connection: connection.execute(insert, row))

    def __len__(self) -> int:
        count = "SELECT count(*) FROM recordings"
        return self._file.do(lambda connection: int(connection.execute(count).fetchone()[0]))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _key(asked: RecordingKey) -> tuple[str, str]:
    parts = asked.parts()
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest(), parts


def _checksum(key: str, values: Sequence[Any]) -> str:
    digest = hashlib.sha256(key.encode())
    for value in values:
        written = isinstance(value, bytes | bytearray)
        content = value if written else str(value).encode("utf-8", "replace")
        digest.update(b"%d:" % len(content))
        digest.update(content)
    return digest.hexdigest()
