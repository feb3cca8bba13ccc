"""Files that are made to exhaust the process that reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from locomo_vqa.bounded_reading import read_bounded_lines, read_bounded_text
from locomo_vqa.errors import InputError
from tests.core.memory import MOST_MB, peak_mb


def holes(path: Path, size: int, head: bytes = b"") -> None:
    """Write a file that claims `size` bytes and has few on the disk."""
    with path.open("wb") as stream:
        stream.write(head)
        stream.truncate(size)


def dense(path: Path) -> None:
    """Write 18 MB of the values that take most memory for their length."""
    path.write_bytes(b"[" + b"[]," * 6_000_000 + b"[]]")


def dense_lines(path: Path) -> None:
    """Write the same, a few thousand values a line."""
    path.write_bytes((b"[" + b"[]," * 5_000 + b"[]]\n") * 1_200)


def wide(path: Path) -> None:
    """Write 200 MB of text, which one letter beyond U+FFFF makes 800 MB in memory."""
    path.write_bytes(b'"' + "😀".encode() + b"x" * 200_000_000 + b'"')


BOMBS: dict[str, Callable[[Path], None]] = {
    "3 GB of nothing": lambda path: holes(path, 3 << 30),
    "250 MB of nothing": lambda path: holes(path, 250 << 20),
    "250 MB of nothing after a row": lambda path: holes(path, 250 << 20, b'{"a": 1}\n'),
    "six million values": dense,
    "six million values in lines": dense_lines,
    "a text of wide letters": wide,
    "an endless line": lambda path: path.write_bytes(b'"' + b"x" * (200 << 20)),
}

READ = """
import sys
from pathlib import Path
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.prediction_files.document import read_document
from locomo_vqa.files import read_json, read_jsonl
from locomo_vqa.jsonl_log import read_jsonl_log

path = Path(sys.argv[1])
for read in (read_json, read_jsonl, read_jsonl_log, lambda path, what: read_document(path)):
    try:
        read(path, what="it")
    except InputError as error:
        print(error.message)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_no_file_takes_half_a_gigabyte(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file.json"
    BOMBS[name](path)
    peak, printed = peak_mb(READ, path, seconds=120)
    assert peak < MOST_MB
    assert printed.count(str(path)) >= 3


def test_a_file_that_is_too_large_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert read_bounded_text(path, what="it", most=10) == "0123456789"
    with pytest.raises(InputError, match="it is larger than 0 KiB"):
        read_bounded_text(path, what="it", most=9)
    with pytest.raises(InputError, match="line 1 is longer than"):
        list(read_bounded_lines(path, what="it", line_most=9))


def test_lines_are_read_as_they_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbfa\r\n\n\xc3\xa9")
    assert list(read_bounded_lines(path, what="it")) == [(1, "a\r\n"), (2, "\n"), (3, "é")]
    path.write_bytes(b"a\nb\xff\n")
    with pytest.raises(InputError, match=r"not UTF-8 text \(byte 3\)"):
        list(read_bounded_lines(path, what="it"))
    path.write_bytes("ab".encode("utf-16-le"))
    with pytest.raises(InputError, match=r"not UTF-8 text \(byte 1\)"):
        read_bounded_text(path, what="it")
