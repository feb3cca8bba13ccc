"""Reads a folder of untrusted submissions: its entries, and their files' bytes.

    <folder>/<system>__<answerer>/<date>/     one entry
        metadata.yaml       what the submitter states
        predictions.jsonl   what the system answered
        run.json            how the answers were produced
        certificate.json    whether the system answers from the picture, if it was tested

    or, for a file that somebody published elsewhere,
        source.yaml         where it is from
        answers.json        the file itself, or answers.jsonl, or either with .gz

    <folder>/<system>__<answerer>/<date>.history.yaml     what happened to the entry since

Only regular files with these names are ever opened. No symbolic link is followed, and
nothing here is executed.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.files import some
from locomo_vqa.text import escape_unprintable

from .plain_files import ANSWERS, CERTIFICATE, HISTORY, LIMITS, SOURCE, open_plain

__all__ = [
    "EntryFolder",
    "Fingerprint",
    "entry_name_problem",
    "find_entries",
    "find_histories",
    "fingerprint",
    "ignored_note",
    "is_published",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*__[A-Za-z0-9][A-Za-z0-9._-]*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LEFTOVERS = frozenset(
    (
        "__macosx",
        "thumbs.db",
        "desktop.ini",
        "$recycle.bin",
        "@eadir",
        "#recycle",
        "lost+found",
        "system volume information",
    )
)
_MOST_CHARACTERS = 150
_REMEDY = "Submit the run again."


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFolder:
    """A folder that is, or looks like, an entry."""

    name: str
    """`<system>__<answerer>/<date>`, with unprintable characters escaped."""
    path: Path
    """The folder."""
    problem: str | None
    """Why it must not be read; None if it may be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The hashes of an entry's files."""

    files: dict[str, str]
    """SHA-256 of each readable file, by name."""
    problems: tuple[str, ...]
    """One sentence for each file that is missing, too large or not a regular file."""
    ignored: tuple[str, ...]
    """Names of the folder's other content, escaped and sorted."""


def find_entries(folder: Path) -> tuple[EntryFolder, ...]:
    """Return every folder two levels below `folder` that may be an entry, sorted by name.

    A folder is one if its name is an entry's, the folder above has an entry's name, or it has a
    file of an entry; others, such as docs/images or what a Mac leaves in a zip, are not.

    Raises:
        InputError: `folder` is not a folder, or can't be read.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: is not a folder of submissions.",
            "Name the folder that submissions were written to.",
        )
    try:
        found = [entry for name in _visible_names(folder) for entry in _dated_entries(folder, name)]
    except OSError as error:
        raise InputError(
            f"{folder}: can't be read ({error.strerror}).", "Check its permissions."
        ) from None
    return tuple(sorted(found, key=lambda entry: (entry.name, os.fsencode(entry.path))))


def find_histories(folder: Path) -> dict[str, Path]:
    """Return the history files below `folder`, by the name of their entry.

    Raises:
        InputError: `folder` can't be read.
    """
    found = {}
    try:
        for name in _visible_names(folder):
            outer = folder / name
            if _NAME.fullmatch(name) and outer.is_dir() and not outer.is_symlink():
                for inner in _visible_names(outer):
                    if inner.endswith(HISTORY):
                        entry = escape_unprintable(f"{name}/{inner.removesuffix(HISTORY)}")
                        found[entry] = outer / inner
    except OSError as error:
        raise InputError(
            f"{folder}: can't be read ({error.strerror}).", "Check its permissions."
        ) from None
    return found


def _dated_entries(folder: Path, name: str) -> Iterator[EntryFolder]:
    outer = folder / name
    if outer.is_symlink():
        if _NAME.fullmatch(name):
            yield _entry_folder(outer, name, "The folder is a symbolic link.")
        return
    if not outer.is_dir():
        return
    try:
        dates = _visible_names(outer)
    except OSError as error:
        yield _entry_folder(outer, name, f"The folder can't be read ({error.strerror}).")
        return
    for inner in dates:
        path = outer / inner
        if path.is_symlink():
            if _may_be_entry(path):
                yield _entry_folder(path, f"{name}/{inner}", "The folder is a symbolic link.")
        elif path.is_dir() and _may_be_entry(path):
            yield _entry_folder(path, f"{name}/{inner}", entry_name_problem(name, inner))


def _may_be_entry(path: Path) -> bool:
    return (
        bool(_NAME.fullmatch(path.parent.name))
        or bool(_DATE.fullmatch(path.name))
        or any(os.path.lexists(path / name) for name in (*LIMITS, SOURCE))
    )


def _visible_names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if not _is_leftover(entry.name))


def _is_leftover(name: str) -> bool:
    """Return whether an operating system or an unpacking program left a file or folder."""
    return name.startswith(".") or name.lower() in _LEFTOVERS


def _entry_folder(path: Path, name: str, problem: str | None) -> EntryFolder:
    return EntryFolder(name=escape_unprintable(name), path=path, problem=problem)


def entry_name_problem(name: str, day: str) -> str | None:
    """Return what is wrong with the names of an entry's two folders, if anything."""
    if not _NAME.fullmatch(name) or len(name) > _MOST_CHARACTERS:
        return (
            "The folder's name must be <system>__<answerer> in letters, digits, '.', '_' and '-', "
            f"with at most {_MOST_CHARACTERS} characters."
        )
    try:
        valid = bool(_DATE.fullmatch(day)) and bool(date.fromisoformat(day))
    except ValueError:
        valid = False
    return None if valid else "The folder's name is not a date, such as 2026-08-31."


def _is_os_file(name: str) -> bool:
    return name.lower() in (*_LEFTOVERS, ".ds_store", ".localized") or name.startswith("._")


def is_published(path: Path) -> bool:
    """Return whether an entry is a published file, with its source, and not a run."""
    return os.path.lexists(path / SOURCE)


def _expected_files(path: Path) -> tuple[str, ...]:
    """Return the names of the files that an entry has, or must have."""
    if not is_published(path):
        there = tuple(name for name in (CERTIFICATE,) if os.path.lexists(path / name))
        return (*LIMITS, *there)
    there = tuple(name for name in ANSWERS if os.path.lexists(path / name))
    return (SOURCE, *(there or ANSWERS[:1]))


def fingerprint(path: Path) -> Fingerprint:
    """Hash the files of an entry, and report those that can't be read."""
    files, problems = {}, []
    expected = _expected_files(path)
    for name in expected:
        try:
            with open_plain(path / name) as stream:
                files[name] = hashlib.file_digest(stream, "sha256").hexdigest()
        except InputError as error:
            problems.append(error.message)
    try:
        others = sorted(
            child.name
            for child in path.iterdir()
            if child.name not in expected and not _is_os_file(child.name)
        )
    except OSError as error:
        others = []
        problems.append(f"The folder can't be read ({error.strerror}).")
    ignored = tuple(escape_unprintable(name) for name in others)
    return Fingerprint(files=files, problems=tuple(problems), ignored=ignored)


def ignored_note(ignored: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sentence about other files in an entry's folder, if there are any."""
    return (f"Ignored, because an entry has only three files: {some(ignored)}.",) if ignored else ()
