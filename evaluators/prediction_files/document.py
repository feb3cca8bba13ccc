"""Detects JSON and JSON Lines by the content of a file, and parses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from locomo_vqa.bounded_reading import MAX_TEXT_BYTES, open_bounded, read_bounded_lines
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, read_jsonl
from locomo_vqa.json_gate import BadValue, load_json

__all__ = ["WHAT", "read_document"]

WHAT = "the predictions file"
"""The name of the file in messages."""

_GZIP = b"\x1f\x8b"


def read_document(path: Path) -> list[tuple[str, Any]]:
    """Return (place, parsed value) of each line of JSON Lines, or ("", value) of one JSON text.

    Raises:
        InputError: the file can't be read, or is compressed, empty, or neither format.
    """
    if path.is_file() and _is_lines(path):
        return [
            (f"line {number}", value)
            for number, value in read_jsonl(path, what=WHAT, any_number=True)
        ]
    return [("", read_json(path, what=WHAT, any_number=True))]


def _is_lines(path: Path) -> bool:
    """Return whether the first non-blank line is valid JSON and more lines follow."""
    with open_bounded(path, what=WHAT, most=MAX_TEXT_BYTES) as stream:
        if stream.read(len(_GZIP)) == _GZIP:
            raise InputError(
                f"{path}: {WHAT} is compressed with gzip.",
                "Unpack it first (gunzip -k) and give the unpacked file.",
            )
    lines = read_bounded_lines(path, what=WHAT)
    filled = (line for _, line in lines if line.strip())
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
