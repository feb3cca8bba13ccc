"""Recognises files that are not what their name says, by their first bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["HEAD_BYTES", "FileKind", "recognise"]

HEAD_BYTES = 4096
"""How much of a file is enough to recognise it."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file is, for a message that says so."""

    name: str
    """The kind with its article, such as `a Git LFS pointer`."""
    remedy: str
    """What to do to get the file that was meant."""


_UTF_16 = FileKind(
    "text in UTF-16, as PowerShell writes it",
    "Write it in UTF-8, such as with Out-File -Encoding utf8.",
)
_SIGNATURES: tuple[tuple[bytes, FileKind], ...] = (
    (
        b"version https://git-lfs.github.com/spec/",
        FileKind(
            "a Git LFS pointer, not the file it stands for",
            "Fetch the file with git lfs pull, or download it from its page.",
        ),
    ),
    (b"\xff\xfe", _UTF_16),
    (b"\xfe\xff", _UTF_16),
    (b"\x1f\x8b", FileKind("compressed with gzip", "Unpack it first (gunzip -k).")),
    (b"PK\x03\x04", FileKind("a zip archive or a spreadsheet", "Give a JSON file from it.")),
    (b"\x28\xb5\x2f\xfd", FileKind("compressed with zstd", "Unpack it first (unzstd).")),
    (b"BZh", FileKind("compressed with bzip2", "Unpack it first (bunzip2 -k).")),
    (b"\xfd7zXZ", FileKind("compressed with xz", "Unpack it first (unxz -k).")),
    (b"PAR1", FileKind("a Parquet table", "Write its rows as JSON Lines.")),
    (b"ARROW1", FileKind("an Arrow table", "Write its rows as JSON Lines.")),
    (b"SQLite format 3\x00", FileKind("an SQLite database", "Write its rows as JSON Lines.")),
    (b"\x80\x04\x95", FileKind("a Python pickle", "Write its content as JSON.")),
    (b"\x80\x05\x95", FileKind("a Python pickle", "Write its content as JSON.")),
    (b"%PDF-", FileKind("a PDF", "Give the JSON file with the answers.")),
)
_PAGE = FileKind(
    "an HTML page, not the file that it shows",
    "Download the file itself; on GitHub, from the button Raw.",
)
_XML = FileKind("XML, not JSON", "Give the JSON file.")
_TABLE = FileKind(
    "a CSV table, not JSON",
    "Convert it, such as with pandas: read_csv(…).to_json(…, orient='records', lines=True).",
)
_CELL = re.compile(r'"[^"]*"|[\w .:/()#%-]{0,60}')


def recognise(head: bytes) -> FileKind | None:
    """Return the kind of a file that is not JSON by its first bytes; None if it isn't known."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if len(head) >= 8 and (not any(head[1:8:2]) or not any(head[0:8:2])) and any(head[:8]):
        return _UTF_16
    text = head.decode("utf-8", "ignore").lstrip("\ufeff \t\r\n")
    if re.match(r"<!doctype html|<html|<head|<body", text, re.IGNORECASE):
        return _PAGE
    if text.startswith("<?xml"):
        return _PAGE if "<html" in text.lower() else _XML
    return _TABLE if _is_table(text) else None


def _is_table(text: str) -> bool:
    """Return whether the first line is a header of several cells, and the next has as many."""
    lines = text.splitlines()
    if len(lines) < 2 or lines[0][:1] in "{[":
        return False
    for separator in (",", "\t", ";"):
        cells = lines[0].split(separator)
        if len(cells) > 1 and all(_CELL.fullmatch(cell.strip()) for cell in cells):
            return lines[1].count(separator) >= len(cells) - 1
    return False
