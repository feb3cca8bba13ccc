"""Several files that together are one set of predictions: found in a folder, kept distinct."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_file, sha256_text, some

from .join import Joined
from .parts import FilePart

__all__ = ["check_distinct", "files_in", "hash_of_files"]

_ENDINGS = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz")
_MOST_FILES = 200


def files_in(folder: Path) -> list[Path]:
    """Return the files directly in a folder that may have predictions, in order of their names.

    Raises:
        InputError: there are none, or too many.
    """
    try:
        found = sorted(p for p in folder.iterdir() if p.name.lower().endswith(_ENDINGS))
    except OSError as error:
        raise InputError(
            f"{folder}: the folder can't be read ({error.strerror}).", "Check its permissions."
        ) from None
    files = [path for path in found if not path.name.startswith(".") and path.is_file()]
    if not files:
        raise InputError(
            f"{folder}: is neither a run folder nor a folder with predictions files.",
            f"Name a run folder, or files whose names end in {some(_ENDINGS, most=5)}.",
        )
    if len(files) > _MOST_FILES:
        raise InputError(
            f"{folder}: has {len(files):,} files; at most {_MOST_FILES} are read as one.",
            "Name the files with the answers.",
        )
    return files


def hash_of_files(paths: Sequence[Path]) -> str:
    """Return the SHA-256 of a list of files with their own hashes."""
    return sha256_text("".join(f"{sha256_file(path)}  {path.name}\n" for path in paths))


def check_distinct(parts: Sequence[FilePart], joined: Joined) -> None:
    """Check that no question is answered in two files.

    Raises:
        InputError: a question is; the message names both files.
    """
    if len(parts) < 2:
        return
    file_of = {row.order: part.path for part in parts for row in part.rows}
    for question_id, row in joined.repeated:
        first, second = file_of[joined.rows[question_id].order], file_of[row.order]
        if first != second:
            names = [str(first), str(second)] if first.name == second.name else []
            one, other = names or (first.name, second.name)
            raise InputError(
                f"{one} and {other} both answer the question {question_id}.",
                "Give one set of answers at a time, compare two sets with compare, or give them "
                "as `repeats` of one system.",
            )
