"""Finds what a system left outside its folder: files that name a test conversation or its words.

The words and names are new in each test, so a file that has one was made by the system,
or by something that it gave them to.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Trace", "find_traces", "users_folders"]

_MOST_ENTRIES = 100_000
_MOST_SECONDS = 3.0
_MOST_BYTES = 4 << 20
_CLOCK_S = 2.0
"""How much a file system's clock may differ from this process's."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A file that was written during the test."""

    path: Path
    """The file."""
    found: str
    """The first word or name in its path or content."""


def users_folders() -> tuple[Path, ...]:
    """Return the user's real home folders and folder for temporary files."""
    found = [Path.home(), Path(tempfile.gettempdir())]
    with contextlib.suppress(ImportError, KeyError):
        import pwd

        found.append(Path(pwd.getpwuid(os.getuid()).pw_dir))
    resolved = dict.fromkeys(path.resolve() for path in found if path.is_dir())
    return tuple(path for path in resolved if len(path.parts) > 1)


def find_traces(
    folders: Iterable[Path],
    words: Sequence[str],
    *,
    since: float,
    without: Sequence[Path] = (),
) -> tuple[Trace, ...]:
    """Return the files in some folders, written since a time, that have one of the words.

    Outer folders come first; the search ends after 100,000 entries or three seconds, and reads at
    most 4 MiB of a file. `without` has folders that are left out.
    """
    deadline = time.monotonic() + _MOST_SECONDS
    found = []
    for path in _recent_files(folders, since - _CLOCK_S, set(without), deadline):
        if time.monotonic() > deadline:
            break
        word = _first_word(path, words)
        if word:
            found.append(Trace(path, word))
    return tuple(found)


def _recent_files(
    folders: Iterable[Path], since: float, without: set[Path], deadline: float
) -> Iterator[Path]:
    entries = 0
    waiting = deque(folders)
    seen = set(without)
    while waiting and entries < _MOST_ENTRIES and time.monotonic() < deadline:
        folder = waiting.popleft()
        if folder in seen:
            continue
        seen.add(folder)
        with contextlib.suppress(OSError), os.scandir(folder) as listed:
            for entry in listed:
                entries += 1
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    elif _is_recent_file(entry, since):
                        yield Path(entry.path)


def _is_recent_file(entry: os.DirEntry[str], since: float) -> bool:
    status = entry.stat(follow_symlinks=False)
    return stat.S_ISREG(status.st_mode) and status.st_mtime >= since


def _first_word(path: Path, words: Sequence[str]) -> str:
    name = str(path).casefold()
    named = next((word for word in words if word in name), None)
    if named is not None:
        return named
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES).lower()
    except OSError:
        return ""
    return next((word for word in words if word.encode() in content), "")
