"""Looks for a secret in everything that was written, whatever it is packed or escaped in."""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

__all__ = ["find_secret", "has_secret"]

_RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")


def find_secret(secret: str, folder: Path) -> list[str]:
    """Return the files below a folder that have a secret, relative to it."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and any(has_secret(secret, data) for data in _contents(path))
    ]


def has_secret(secret: str, text: str | bytes) -> bool:
    """Return whether a text has a secret, in any of the forms that a reader could undo."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    wanted = secret.encode()
    return any(wanted in form for form in _plain_forms(data))


def _plain_forms(data: bytes) -> Iterator[bytes]:
    yield data
    unescaped = re.sub(rb"\\+(?:u00|x)([0-9a-fA-F]{2})", lambda m: bytes([int(m[1], 16)]), data)
    unescaped = unescaped.replace(b"\\/", b"/")
    yield unescaped
    yield unquote_to_bytes(unescaped)
    yield html.unescape(html.unescape(unescaped.decode("latin-1"))).encode("utf-8", "replace")
    for run in _RUN.findall(data.replace(b"\\/", b"/")):
        plain = run.translate(bytes.maketrans(b"-_", b"+/"))
        for start in range(4):
            piece = plain[start:]
            yield base64.b64decode(piece + b"A" * (-len(piece) % 4))
    for run in _HEX.findall(data):
        yield binascii.unhexlify(run)


def _contents(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes, and what is packed in them."""
    data = path.read_bytes()
    yield path.name.encode()
    yield data
    if path.suffix == ".parquet":
        yield from _columns(path)
    elif data.startswith(b"SQLite format 3"):
        yield from _rows(path)
    elif data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)
    elif data.startswith(b"PK\3\4"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    for stream in re.finditer(rb"x[\x01\x5e\x9c\xda]", data):  # zlib, as in PDF and PNG.
        if path.suffix not in (".png", ".jpg", ".webp", ".safetensors", ".parquet"):
            try:
                yield zlib.decompress(data[stream.start() :])
            except zlib.error:
                continue


def _columns(path: Path) -> Iterator[bytes]:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    yield str(table.schema).encode()
    for column in table.columns:
        yield repr(column.to_pylist()).encode("utf-8", "replace")


def _rows(path: Path) -> Iterator[bytes]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'"):
            for row in connection.execute(f"SELECT * FROM {table}"):
                for cell in row:
                    yield cell if isinstance(cell, bytes) else str(cell).encode("utf-8", "replace")
    finally:
        connection.close()
