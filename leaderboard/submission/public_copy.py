"""A run's files as submitted, without the folders of the machine that it ran on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from locomo_vqa.bounded_reading import MAX_LINE_BYTES
from locomo_vqa.files import read_json, sha256_file
from locomo_vqa.json_gate import load_json
from locomo_vqa.local_paths import public_text, public_value
from locomo_vqa.run_seal import is_unchanged, sealed

from ..entry_files.folder import PREDICTIONS, RUN

__all__ = ["public_hash", "write_public_copy"]


def write_public_copy(source: Path, out: Path) -> None:
    """Write run.json and predictions.jsonl of a run into a submission.

    Paths become names; in the predictions they occur in error reasons. A file without paths keeps
    its bytes.

    Raises:
        InputError: a file is not valid.
    """
    for name in (PREDICTIONS, RUN):
        with (out / name).open("wb") as stream:
            stream.writelines(_public_pieces(source, name))


def public_hash(source: Path, name: str) -> str:
    """Return the SHA-256 of what `write_public_copy` writes under a name."""
    digest = hashlib.sha256()
    for piece in _public_pieces(source, name):
        digest.update(piece)
    return digest.hexdigest()


def _public_pieces(source: Path, name: str) -> Iterator[bytes]:
    if name == PREDICTIONS:
        with (source / PREDICTIONS).open("rb") as stream:
            while line := stream.readline(MAX_LINE_BYTES + 1):
                yield _public_row(line)
    else:
        yield _public_run(source)


def _public_row(line: bytes) -> bytes:
    if b"/" not in line and b"\\" not in line:
        return line
    try:
        row = load_json(line)
        error = row["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return line  # The board reports what is wrong with it.
    if not isinstance(error, str) or (shown := public_text(error)) == error:
        return line
    return json.dumps({**row, "error": shown}, ensure_ascii=False).encode() + b"\n"


def _public_run(source: Path) -> bytes:
    info = read_json(source / RUN, what="the run's manifest")
    shown = public_value(info)
    if shown["files"].get(PREDICTIONS) == sha256_file(source / PREDICTIONS):
        shown["files"][PREDICTIONS] = public_hash(source, PREDICTIONS)
    if shown == info:
        return (source / RUN).read_bytes()
    if is_unchanged(info) and "seal" in info:
        shown = sealed(shown)
    return (json.dumps(shown, ensure_ascii=False, indent=2) + "\n").encode()
