"""A run's files as submitted, without the folders and hosts of the place that it ran at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from locomo_vqa.bounded_reading import MAX_LINE_BYTES
from locomo_vqa.files import read_json, sha256_file
from locomo_vqa.json_gate import load_json
from locomo_vqa.local_paths import public_text, public_value
from locomo_vqa.run_seal import is_unchanged, sealed

from ..entry_files.plain_files import PREDICTIONS, RUN
from ..private_hosts import hide_private_hosts

__all__ = ["public_record", "write_public_copy"]


def write_public_copy(source: Path, out: Path) -> None:
    """Write run.json and predictions.jsonl of a run into a submission.

    Paths become names, and private hosts an ellipsis; in the predictions they occur in error
    reasons. A file without any keeps its bytes.

    Raises:
        InputError: a file is not valid.
    """
    for name in (PREDICTIONS, RUN):
        with (out / name).open("wb") as stream:
            stream.writelines(_public_pieces(source, name))


def public_record(value: Any) -> Any:
    """Return JSON without absolute paths and private hosts in its strings."""
    if isinstance(value, str):
        return hide_private_hosts(public_value(value))
    if isinstance(value, list):
        return [public_record(item) for item in value]
    if isinstance(value, dict):
        return {name: public_record(item) for name, item in value.items()}
    return value


def _public_pieces(source: Path, name: str) -> Iterator[bytes]:
    if name == PREDICTIONS:
        with (source / PREDICTIONS).open("rb") as stream:
            while line := stream.readline(MAX_LINE_BYTES + 1):
                yield _public_row(line)
    else:
        yield _public_run(source)


def _public_hash(source: Path) -> str:
    digest = hashlib.sha256()
    for piece in _public_pieces(source, PREDICTIONS):
        digest.update(piece)
    return digest.hexdigest()


def _public_row(line: bytes) -> bytes:
    if b'"error": null' in line:  # A string has no unescaped quotation marks.
        return line
    try:
        row = load_json(line)
        error = row["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return line  # The board reports what is wrong with it.
    if not isinstance(error, str) or (shown := hide_private_hosts(public_text(error))) == error:
        return line
    return json.dumps({**row, "error": shown}, ensure_ascii=False).encode() + b"\n"


def _public_run(source: Path) -> bytes:
    info = read_json(source / RUN, what="the run's manifest")
    shown = public_record(info)
    if shown["files"].get(PREDICTIONS) == sha256_file(source / PREDICTIONS):
        shown["files"][PREDICTIONS] = _public_hash(source)
    if shown == info:
        return (source / RUN).read_bytes()
    if is_unchanged(info) and "seal" in info:
        shown = sealed(shown)
    return (json.dumps(shown, ensure_ascii=False, indent=2) + "\n").encode()
