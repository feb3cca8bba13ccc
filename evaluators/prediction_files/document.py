"""Detects JSON, JSON Lines and TREC runs by the content of a file, and parses it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from locomo_vqa.bounded_reading import (
    MAX_LINES,
    MAX_TEXT_BYTES,
    open_bounded,
    read_bounded_lines,
    read_bounded_text,
)
from locomo_vqa.errors import InputError
from locomo_vqa.files import parse_json, parse_json_lines, read_json, read_jsonl
from locomo_vqa.json_gate import BadValue, load_json

from .trec_runs import is_trec_line, parse_trec_lines

__all__ = ["WHAT", "read_document"]

WHAT = "the predictions file"
"""The name of the file in messages."""

_GZIP = b"\x1f\x8b"
_ONE_LINE_BYTES = 64 << 20
"""A whole JSON text may be one line; of JSON Lines, each must be much shorter."""


def read_document(path: Path) -> list[tuple[str, Any]]:
    """Return (place, parsed value) of each line of JSON Lines, or ("", value) of one JSON text.

    A TREC run is one value: an object from question id to its turns.
    A file that is compressed with gzip is unpacked, within the limits of an unpacked one.

    Raises:
        InputError: the file can't be read, or is damaged, empty, or neither format.
    """
    if path.is_file() and _is_packed(path):
        return _read_packed(path)
    if path.is_file() and _is_trec(line for _, line in _lines_of(path)):
        return [("", parse_trec_lines(_lines_of(path), path))]
    if path.is_file() and _is_lines(path):
        return [
            (f"line {number}", value)
            for number, value in read_jsonl(path, what=WHAT, any_number=True)
        ]
    return [("", read_json(path, what=WHAT, any_number=True))]


def _is_packed(path: Path) -> bool:
    with open_bounded(path, what=WHAT, most=MAX_TEXT_BYTES) as stream:
        return stream.read(len(_GZIP)) == _GZIP


def _read_packed(path: Path) -> list[tuple[str, Any]]:
    text = read_bounded_text(path, what=WHAT, packed=True)
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise InputError(
            f"{path}: {WHAT} has more than {MAX_LINES:,} lines.",
            "Check that this is the right file.",
        )
    if _is_trec(lines):
        return [("", parse_trec_lines(enumerate(lines, 1), path))]
    if _are_lines(lines, path):
        numbered = enumerate(lines, 1)
        found = parse_json_lines(numbered, path=path, what=WHAT, any_number=True)
        return [(f"line {number}", value) for number, value in found]
    return [("", parse_json(text, path=path, what=WHAT, any_number=True))]


def _is_lines(path: Path) -> bool:
    return _are_lines((line for _, line in _lines_of(path)), path)


def _lines_of(path: Path) -> Iterable[tuple[int, str]]:
    return read_bounded_lines(path, what=WHAT, line_most=_ONE_LINE_BYTES)


def _is_trec(lines: Iterable[str]) -> bool:
    return is_trec_line(next((line for line in lines if line.strip()), ""))


def _are_lines(lines: Iterable[str], path: Path) -> bool:
    """Return whether the first non-blank line is valid JSON and more lines follow."""
    filled = (line for line in lines if line.strip())
    first = next(filled, None)
    if first is None:
        raise InputError(f"{path}: {WHAT} is empty.", "Download or write the file again.")
    if next(filled, None) is None:
        return False
    try:
        load_json(first, any_number=True)
    except BadValue:
        return True  # Reading it says why it can't be used.
    except ValueError:
        return False
    return True
