"""Reads and writes files: a bad one gets a clear error, and a good one is never lost.

Text is UTF-8. Output appears whole or not at all: a file or a folder is written beside its place
and then renamed; what a killed process left there goes when the same is written again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.unfinished import unfinished

__all__ = [
    "MAX_JSON_BYTES",
    "canonical_json",
    "clean_text",
    "link_or_copy",
    "new_file",
    "new_folder",
    "parse_json",
    "read_json",
    "read_jsonl",
    "sha256_file",
    "sha256_text",
    "some",
    "write_json",
    "write_jsonl",
    "write_text",
]

MAX_JSON_BYTES = 1 << 30
"""Larger JSON files are refused before they are read (LoCoMo itself has 2.8 MB)."""

MAX_NESTING = 100
"""Deeper JSON is refused (our own formats need 9)."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Return a text with lone surrogates, which UTF-8 can't encode, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def read_json(path: Path, *, what: str) -> Any:
    """Return the parsed content of a JSON file; `what` names the file in the error's sentence."""
    return parse_json(_read_text(path, what=what), path=path, what=what)


def read_jsonl(path: Path, *, what: str) -> list[tuple[int, Any]]:
    """Return (line number, parsed line) for each line of a JSON Lines file that is not blank."""
    lines = _read_text(path, what=what).split("\n")
    return [
        (number, parse_json(line, path=path, what=what, line=number))
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]


def parse_json(text: str, *, path: Path, what: str, line: int | None = None) -> Any:
    """Parse JSON read from `path`; lone surrogates, which UTF-8 can't encode, become U+FFFD."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {line or error.lineno}, column {error.colno}"
        ends = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        hint = "it looks cut off there" if ends else error.msg[0].lower() + error.msg[1:]
        raise InputError(
            f"{path}: {what} is not valid JSON at {place}: {hint}.",
            "Fetch or write the file again.",
        ) from None
    except (RecursionError, ValueError) as error:
        raise InputError(
            f"{path}: {what} can't be parsed as JSON ({error}).", "Fetch or write the file again."
        ) from None
    if text.count("[") + text.count("{") > MAX_NESTING and _nesting_depth(value) > MAX_NESTING:
        raise InputError(
            f"{path}: {what} is nested more than {MAX_NESTING} deep.",
            "Check that this is the right file.",
        )
    return _without_surrogates(value) if "\\ud" in text.lower() else value


def _nesting_depth(value: Any) -> int:
    """Return how deeply lists and objects are nested, without recursion."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, list | dict)]:
        depth += 1
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    return value


def _read_text(path: Path, *, what: str) -> str:
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder, not {what}.", "Give the file itself.")
        if not path.is_file() and path.exists():
            raise InputError(
                f"{path}: is a device or a pipe, not {what}.", "Write it to a file first."
            )
        if path.stat().st_size > MAX_JSON_BYTES:
            raise InputError(
                f"{path}: {what} is larger than {MAX_JSON_BYTES >> 20} MiB.",
                "Check that this is the right file.",
            )
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: {what} does not exist.", "Check the path.") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: {what} is not UTF-8 text (byte {error.start}).",
            "Check that this is the right file; a compressed one must be unpacked first.",
        ) from None
    except OSError as error:
        raise InputError(
            f"{path}: {what} can't be read ({error.strerror}).",
            "Check the path and its permissions.",
        ) from None


def canonical_json(value: Any) -> str:
    """Return a value's JSON with sorted keys and no blanks, as hashes need it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_text(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield an empty file to fill, which takes the place of `path` when the block ends.

    A reader of `path` sees the old content or the new, never a part of it; when the block raises,
    the old content stays.

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
    """Write a text file whole: a reader sees the old content or the new, never a part.

    Raises:
        OutputError: it can't be written.
    """
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, keys in the order given."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """Write rows as JSON, one per line."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where that is impossible, as on another file system.

    Afterwards both names may be one file on the disk: either may be replaced or removed, but the
    file must never be written into. The target of a symbolic link is copied.

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
    """Yield a folder to fill, which takes the name `path` when the block ends without an error.

    Raises:
        OutputError: `path` exists and is not an empty folder, or can't be written.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise OutputError(f"{path}: {what} can't be created here: it already exists.", remedy)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished(path, kind="folder") as temporary:
            yield temporary
            temporary.chmod(0o777 & ~_current_umask())
            temporary.replace(path)
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
