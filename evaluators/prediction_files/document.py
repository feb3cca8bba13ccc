"""Recognises JSON and JSON Lines by a file's content, and parses it."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

from locomo_vqa.bounded_reading import MAX_LINE_BYTES, MAX_TEXT_BYTES, open_bounded
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, read_jsonl

__all__ = ["WHAT", "read_document"]

WHAT = "the predictions file"
"""How messages name the file."""

_GZIP = b"\x1f\x8b"


def read_document(path: Path) -> list[tuple[str, Any]]:
    """Return (place, parsed value) of each line of JSON Lines, or ("", value) of one JSON text.

    Raises:
        InputError: the file can't be read, is compressed, is empty, or is neither.
    """
    if path.is_file() and _is_lines(path):
        return [
            (f"line {number}", value)
            for number, value in read_jsonl(path, what=WHAT, any_number=True)
        ]
    return [("", read_json(path, what=WHAT, any_number=True))]


def _is_lines(path: Path) -> bool:
    """Return whether the first line that is not blank is JSON by itself and others follow."""
    with open_bounded(path, what=WHAT, most=MAX_TEXT_BYTES) as stream:
        if stream.read(len(_GZIP)) == _GZIP:
            raise InputError(
                f"{path}: {WHAT} is compressed with gzip.",
                "Unpack it first (gunzip -k) and give the unpacked file.",
            )
        stream.seek(0)
        lines = iter(lambda: stream.readline(MAX_LINE_BYTES), b"")
        filled = (line for line in lines if line.removeprefix(codecs.BOM_UTF8).strip())
        first = next(filled, None)
        if first is None:
            raise InputError(f"{path}: {WHAT} is empty.", "Download or write the file again.")
        if next(filled, None) is None:
            return False
    try:
        json.loads(first.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return True
