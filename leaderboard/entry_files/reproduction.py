"""The record that an entry's answers were produced again: a maintainer's file beside its folder.

    <folder>/<system>__<answerer>/
        <date>/                    the entry
        <date>.reproduced.json     written by `leaderboard reproduce`

Whoever may write to the results repository answers for it, as for a history; a submission must not
contain one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from locomo_vqa.files import parse_json, write_json
from locomo_vqa.schemas import validate

from .plain_files import read_plain

__all__ = ["read_reproduction", "reproduction_path", "write_reproduction"]

_MOST_BYTES = 64 << 10


def reproduction_path(entry: Path) -> Path:
    """Return where the record of an entry's folder is."""
    return entry.with_name(f"{entry.name}.reproduced.json")


def read_reproduction(entry: Path) -> dict[str, Any] | None:
    """Return the record of an entry's folder; None if there isn't one.

    Raises:
        InputError: it is not a regular file, too large, or does not match its schema.
    """
    path = reproduction_path(entry)
    if not os.path.lexists(path):
        return None
    name = Path(path.name)
    text = read_plain(path, most=_MOST_BYTES)
    record: dict[str, Any] = parse_json(text, path=name, what="the record of a reproduction")
    validate(record, "reproduction", path=name, remedy="Reproduce the entry again.")
    return record


def write_reproduction(entry: Path, record: dict[str, Any]) -> Path:
    """Write the record of an entry's folder, and return its path.

    One of the same answers stays, so that the board of an earlier day can be built again.

    Raises:
        InputError: there is one that can't be read.
        OutputError: it can't be written.
    """
    path = reproduction_path(entry)
    validate(record, "reproduction", path=path, remedy="Please report this.")
    earlier = read_reproduction(entry)
    if earlier is None or earlier["answers_sha256"] != record["answers_sha256"]:
        write_json(path, record)
    return path
