"""Reads files with clear errors, and writes them completely or not at all.

Text is UTF-8. A file or folder is written under a hidden name next to its destination and then
renamed; what a killed process left behind is removed when the same output is written again.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.bounded_reading import read_bounded_lines, read_bounded_text
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.file_kinds import HEAD_BYTES, recognise
from locomo_vqa.json_gate import Budget, clean_text, load_json
from locomo_vqa.unfinished import unfinished

__all__ = [
    "canonical_json",
    "clean_text",
    "link_or_copy",
    "new_file",
    "new_folder",
    "parse_json",
    "parse_json_lines",
    "read_json",
    "read_jsonl",
    "sha256_file",
    "sha256_text",
    "some",
    "write_json",
    "write_jsonl",
    "write_text",
]


def read_json(
    path: Path, *, what: str, any_number: bool = False, budget: Budget | None = None
) -> Any:
    """Return the parsed content of a JSON file; `what` describes the file in errors."""
    text = read_bounded_text(path, what=what)
    return parse_json(text, path=path, what=what, any_number=any_number, budget=budget)


def read_jsonl(path: Path, *, what: str, any_number: bool = False) -> list[tuple[int, Any]]:
    """Return (line number, parsed line) for each line of a JSON Lines file that is not blank."""
    lines = read_bounded_lines(path, what=what)
    return parse_json_lines(lines, path=path, what=what, any_number=any_number)


def parse_json_lines(
    lines: Iterable[tuple[int, str]], *, path: Path, what: str, any_number: bool = False
) -> list[tuple[int, Any]]:
    """Return (line number, parsed line) for each line that is not blank.

    Raises:
        InputError: a line is not JSON or is refused, or the lines together take too much memory.
    """
    budget = Budget()
    return [
        (
            number,
            parse_json(
                line, path=path, what=what, line=number, any_number=any_number, budget=budget
            ),
        )
        for number, line in lines
        if line.strip()
    ]


def parse_json(
    text: str,
    *,
    path: Path,
    what: str,
    line: int | None = None,
    any_number: bool = False,
    budget: Budget | None = None,
) -> Any:
    """Parse JSON that was read from `path`.

    Raises:
        InputError: it is not JSON, or `locomo_vqa.json_gate` refuses it.
    """
    try:
        return load_json(text, any_number=any_number, budget=budget)
    except json.JSONDecodeError as error:
        kind = (
            recognise(text[:HEAD_BYTES].encode("utf-8", "replace")) if line in (None, 1) else None
        )
        if kind is not None:
            raise InputError(f"{path}: {what} is {kind.name}.", kind.remedy) from None
        place = f"line {line or error.lineno}, column {error.colno}"
        ends = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        hint = "it looks cut off there" if ends else error.msg[0].lower() + error.msg[1:]
        raise InputError(
            f"{path}: {what} is not valid JSON at {place}: {hint}.",
            "Fetch or write the file again.",
        ) from None
    except ValueError as error:
        place = f"line {line}: " if line else ""
        raise InputError(
            f"{path}: {place}{what} can't be parsed as JSON: {error}.",
            "Check that this is the right file.",
        ) from None


def canonical_json(value: Any) -> str:
    """Return a value's JSON with sorted keys and no spaces, for hashing."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_text(text: str) -> str:
    """Return the SHA-256 of a string in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield an empty file to fill, which replaces `path` when the block ends.

    Readers of `path` see the old content or the new, never a part of it; if the block raises, the
    old content stays.

    Raises:
        OutputError: it can't be written.
    """
    try:
        with unfinished(path, kind="file") as temporary:
            yield temporary
            temporary.chmod(0o666 & ~_current_umask())
            temporary.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from None


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically: readers see the old content or the new, never a part.

    Raises:
        OutputError: it can't be written.
    """
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(clean_text(text))
        stream.flush()
        os.fsync(stream.fileno())


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, keys in the order given."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """Write rows as JSON, one per line."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def link_or_copy(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it if that is impossible, such as across file systems.

    Afterwards both names may be the same file on disk: either may be replaced or removed, but the
    file must never be modified in place. The target of a symbolic link is copied.

    Raises:
        FileExistsError: `target` exists.
        OSError: `source` can't be read, or `target` can't be written.
    """
    if not source.is_symlink():
        try:
            os.link(source, target)
            return
        except FileExistsError:
            raise
        except OSError:
            pass
    shutil.copyfile(source, target)


@contextlib.contextmanager
def new_folder(path: Path, *, what: str, remedy: str) -> Iterator[Path]:
    """Yield a folder to fill, which is renamed to `path` when the block ends without an error.

    Raises:
        OutputError: `path` exists and is not an empty folder, or can't be written.
    """
    taken = OutputError(f"{path}: {what} can't be created here: it already exists.", remedy)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise taken
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished(path, kind="folder") as temporary:
            yield temporary
            temporary.chmod(0o777 & ~_current_umask())
            try:
                temporary.replace(path)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                    raise taken from None  # Another process made it meanwhile.
                raise
    except OSError as error:
        raise _cannot_write(path, error) from None


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path}: can't be written ({error.strerror or error}).",
        "Choose a writable folder with enough free space.",
    )


def _current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def some(items: Sequence[str], *, most: int = 3) -> str:
    """Return the first few items as a phrase that says how many more there are."""
    shown = ", ".join(items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most:,} more"
