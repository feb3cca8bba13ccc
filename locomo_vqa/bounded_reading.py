"""Reads untrusted files in bounded memory.

The size is checked before anything is read. What the size doesn't reveal (a sparse file, a growing
file, an endless line) is detected while reading.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from locomo_vqa.errors import InputError
from locomo_vqa.file_kinds import HEAD_BYTES, recognise

__all__ = [
    "MAX_LINES",
    "MAX_LINE_BYTES",
    "MAX_TEXT_BYTES",
    "IsAPipe",
    "decoded_size",
    "open_bounded",
    "open_regular",
    "read_bounded_lines",
    "read_bounded_text",
]

MAX_TEXT_BYTES = 256 << 20
"""Larger files are refused before they are read (LoCoMo itself has 2.8 MB)."""

MAX_LINE_BYTES = 16 << 20
"""Longer lines are refused before they are parsed; the longest answer fits, however escaped."""

MAX_LINES = 4_000_000
"""Files with more lines are refused: even empty lines take time."""

_BLOCK = 1 << 20
_MEMORY = 400 << 20
_WIDER = bytes(range(0xF0))
"""The bytes that UTF-8 uses for characters up to U+FFFF."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Opening a pipe does not wait for its other end."""


def read_bounded_text(
    path: Path, *, what: str, most: int = MAX_TEXT_BYTES, packed: bool = False
) -> str:
    """Return a UTF-8 file's text; `what` describes the file in errors.

    With `packed`, the file is compressed with gzip, and `most` also limits its content.

    Raises:
        InputError: it is not found, not a file, too large, not UTF-8, damaged, or can't be read.
    """
    content = bytearray()
    with open_bounded(path, what=what, most=most) as stream:
        for block in _unpacked(stream, path, what) if packed else _blocks(stream):
            if (zero := block.find(0)) >= 0:  # Sparse files read as zeros.
                raise _not_text(path, what, f"byte {len(content) + zero}", content + block)
            content += block
            if len(content) > most:
                raise _too_large(path, what, most)
    if len(content) + decoded_size(content) > _MEMORY:
        raise _too_large(path, what, most)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_text(path, what, f"byte {error.start}", content) from None


def read_bounded_lines(
    path: Path,
    *,
    what: str,
    most: int = MAX_TEXT_BYTES,
    line_most: int = MAX_LINE_BYTES,
    only_finished: bool = False,
) -> Iterator[tuple[int, str]]:
    """Yield (line number, line with its end) of a UTF-8 file, reading one line at a time.

    With `only_finished`, text after the last line break is left out.

    Raises:
        InputError: as in `read_bounded_text`, or a line is longer than `line_most`.
    """
    total = number = 0
    with open_bounded(path, what=what, most=most) as stream:
        while line := stream.readline(line_most + 1):
            number += 1
            total += len(line)
            if number > MAX_LINES:
                raise InputError(
                    f"{path}: {what} has more than {MAX_LINES:,} lines.",
                    "Check that this is the right file.",
                )
            if len(line) > line_most:
                raise InputError(
                    f"{path}: {what}: line {number} is longer than {line_most >> 20} MiB.",
                    "Check that this is the right file.",
                )
            if total > most:
                raise _too_large(path, what, most)
            if only_finished and not line.endswith(b"\n"):
                return
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                start = total - len(line) + error.start
                head = line if number == 1 else b""
                raise _not_text(path, what, f"byte {start}", head) from None
            yield number, text


class IsAPipe(OSError):
    """The path of a device or a pipe, not of a file."""


@contextlib.contextmanager
def open_bounded(path: Path, *, what: str, most: int) -> Iterator[IO[bytes]]:
    """Open a regular file of at most `most` bytes; file errors in the block become InputErrors.

    Raises:
        InputError: it is not found, not a file, too large, or can't be read.
    """
    try:
        with open_regular(path) as stream:
            if os.fstat(stream.fileno()).st_size > most:
                raise _too_large(path, what, most)
            yield stream
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder, not {what}.", "Give the file itself.") from None
    except IsAPipe:
        raise InputError(
            f"{path}: is a device or a pipe, not {what}.", "Write it to a file first."
        ) from None
    except FileNotFoundError:
        raise InputError(f"{path}: {what} does not exist.", "Check the path.") from None
    except OSError as error:
        raise InputError(
            f"{path}: {what} can't be read ({error.strerror or error}).",
            "Check the path and its permissions.",
        ) from None


def open_regular(path: Path) -> IO[bytes]:
    """Open a file, but not a device or a pipe, which might never end or never deliver anything.

    Raises:
        IsADirectoryError: it is a folder.
        IsAPipe: it is a device or a pipe.
        OSError: it can't be read.
    """
    if path.is_dir():  # Some systems can't even open a folder.
        raise IsADirectoryError(errno.EISDIR, "is a folder", str(path))
    stream = os.fdopen(os.open(path, _FLAGS), "rb")
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return stream
    stream.close()
    raise IsAPipe(errno.EINVAL, "is a device or a pipe", str(path))


def decoded_size(content: bytes | bytearray) -> int:
    """Return the most memory that UTF-8 takes as a string: 1, 2 or 4 bytes per character."""
    if content.isascii():
        return len(content)
    return len(content) * (4 if content.translate(None, _WIDER) else 2)


def _too_large(path: Path, what: str, most: int) -> InputError:
    size = f"{most >> 20} MiB" if most >= 1 << 20 else f"{most >> 10} KiB"
    return InputError(
        f"{path}: {what} is larger than {size}, or than memory allows.",
        "Check that this is the right file.",
    )


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def _unpacked(stream: IO[bytes], path: Path, what: str) -> Iterator[bytes]:
    """Yield the content of a gzip stream, a block at a time, so that it is never held unbounded."""
    try:
        with gzip.GzipFile(fileobj=stream) as unpacking:
            while block := unpacking.read(_BLOCK):
                yield block
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(
            f"{path}: {what} is compressed with gzip and damaged.", "Download it again."
        ) from None


def _not_text(path: Path, what: str, place: str, head: bytes | bytearray) -> InputError:
    kind = recognise(bytes(head[:HEAD_BYTES]))
    if kind is not None:
        return InputError(f"{path}: {what} is {kind.name}.", kind.remedy)
    return InputError(
        f"{path}: {what} is not UTF-8 text ({place}).",
        "Check that this is the right file; a compressed one must be unpacked first.",
    )
