"""The files of an entry, and how they are opened: no link is followed, and none is too large."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from locomo_vqa.errors import InputError

__all__ = [
    "ANSWERS",
    "CERTIFICATE",
    "ENTRY_FILES",
    "HISTORY",
    "HISTORY_LIMIT",
    "LIMITS",
    "METADATA",
    "PREDICTIONS",
    "RUN",
    "SOURCE",
    "open_plain",
    "read_plain",
]

METADATA = "metadata.yaml"
PREDICTIONS = "predictions.jsonl"
RUN = "run.json"

CERTIFICATE = "certificate.json"
"""The pixel certificate of an ablation, which a submission may have."""

SOURCE = "source.yaml"
ANSWERS = ("answers.json", "answers.jsonl", "answers.json.gz", "answers.jsonl.gz")
"""The names that a published file may have."""

HISTORY = ".history.yaml"
"""How the name of a history file ends; it begins with the date of its entry."""

HISTORY_LIMIT = 256 << 10
"""The size limit of a history file in bytes."""

LIMITS = {METADATA: 64 << 10, PREDICTIONS: 256 << 20, RUN: 1 << 20}
"""The files that an entry has, each with its size limit in bytes."""

ENTRY_FILES = {
    **LIMITS,
    CERTIFICATE: 64 << 20,
    SOURCE: 64 << 10,
    **dict.fromkeys(ANSWERS, 256 << 20),
}
"""Every file that an entry may have, of a run or of a published file, with its size limit."""

_REMEDY = "Submit the run again."


@contextmanager
def open_plain(path: Path, *, most: int | None = None) -> Iterator[BufferedReader]:
    """Open one of an entry's files for reading bytes, without following a link.

    `most` is its size limit in bytes; None for that of an entry's file of this name.

    Raises:
        InputError: it is missing, too large, not a regular file, or can't be read.
    """
    most = _limit(path) if most is None else most
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        problem = _plain_problem(path.lstat(), most)
        if problem is None:
            with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as stream:
                problem = _plain_problem(os.fstat(stream.fileno()), most)
                if problem is None:
                    yield stream
    except FileNotFoundError:
        problem = "is missing"
    except OSError as error:
        problem = f"can't be read ({error.strerror or error})"
    if problem is not None:
        raise InputError(f"{path.name}: {problem}.", _REMEDY)


def _plain_problem(status: os.stat_result, most: int) -> str | None:
    if stat.S_ISLNK(status.st_mode):
        return "is a symbolic link"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_size > most:
        size = f"{most >> 20} MiB" if most >= 1 << 20 else f"{most >> 10} KiB"
        return f"is larger than {size}"
    return None


def _limit(path: Path) -> int:
    if path.name.endswith(HISTORY):
        return HISTORY_LIMIT
    return ENTRY_FILES[path.name]


def read_plain(path: Path, *, most: int | None = None) -> str:
    """Return the text of one of an entry's small files; see `open_plain`.

    Raises:
        InputError: as in `open_plain`, or it is not UTF-8.
    """
    most = _limit(path) if most is None else most
    with open_plain(path, most=most) as stream:
        content = stream.read(most + 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: is not UTF-8 text (byte {error.start}).", _REMEDY) from None
