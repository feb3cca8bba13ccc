"""Writes a bundle: everything that repeats a run from its recorded replies."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import new_file, read_json, sha256_file
from locomo_vqa.runs import Run
from locomo_vqa.schemas import validate

__all__ = ["written_bundle"]

_COMMAND = "command.json"


@contextmanager
def written_bundle(run: Run, path: Path) -> Iterator[None]:
    """Write a zip file with the run, the command, its recorded replies and the system's own code.

    It gets its name when the block ends without an error, so whatever stops the block can be
    repeated with the same name.

    Raises:
        InputError: the run can't be repeated: its replies were not recorded, its system has no
            name, or its code was changed or can't be found.
        OutputError: the file already exists, or can't be written.
    """
    command = _read_command(run.folder)
    code = dict(_code(command, run.info))
    replies = _replies(command, run.info)
    shown = {**command, "folder": None, "replies": "replies.sqlite" if replies else None}
    if path.exists():
        raise OutputError(f"{path}: already exists.", "Choose another `bundle`.")
    with new_file(path) as unfinished:
        with TemporaryDirectory() as folder, zipfile.ZipFile(unfinished, "w", _DEFLATED) as bundle:
            bundle.writestr(_COMMAND, json.dumps(shown, ensure_ascii=False, indent=2))
            for name in ("run.json", "predictions.jsonl"):
                bundle.write(run.folder / name, name)
            for name, source in code.items():
                bundle.write(source, f"code/{name}")
            if replies is not None:
                copy = Path(folder, "replies.sqlite")
                _copy_database(replies, copy)
                bundle.write(copy, copy.name)
        yield


_DEFLATED = zipfile.ZIP_DEFLATED


def _read_command(folder: Path) -> dict[str, Any]:
    path = folder / _COMMAND
    remedy = "Run the system again."
    if not path.is_file():
        raise InputError(f"{folder}: has no {_COMMAND}, which repeats the run.", remedy)
    command: dict[str, Any] = read_json(path, what="the command")
    validate(command, "command", path=path, remedy=remedy)
    name = command["system"]
    if name is None or name.startswith(("http://", "https://")):
        raise InputError(
            f"{folder}: a system in a notebook or on a server can't be bundled.",
            "Put the class into a module and run it as module:Class.",
        )
    return command


def _replies(command: Mapping[str, Any], info: Mapping[str, Any]) -> Path | None:
    """Return the file of recorded replies; None if no call was made."""
    calls = info.get("calls")
    if calls is None and (info["answerer"]["provider"] is None or command["model"] is None):
        return None
    if calls is None:
        raise InputError(
            "The replies of a model in the run's own process are not recorded.",
            "Leave `bundle` out.",
        )
    path = Path(command["replies"]) if command["replies"] else None
    if path is None or not path.is_file():
        raise InputError(
            "The endpoint's replies were not recorded, or their file is gone.",
            "Run the system again with `record`, which names a file for them.",
        )
    return path


def _code(command: Mapping[str, Any], info: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """Yield the system's own files, by their path in the bundle; a named system has none."""
    if ":" not in command["system"]:
        return
    environment = info.get("record", {}).get("environment") or {"modules": {}, "files": {}}
    folder = Path(command["folder"])
    wanted = dict(environment["files"])
    for module, digits in environment["modules"].items():
        plain = module.replace(".", "/")
        named = f"{plain}/__init__.py" if (folder / plain).is_dir() else f"{plain}.py"
        wanted[named] = digits
    for name, digits in wanted.items():
        path = folder / name
        if not path.is_file() or sha256_file(path) != digits:
            raise InputError(
                f"{path}: is not the file that the run used.",
                "Restore it, or run the system again; code outside the folder of the command "
                "can't be bundled.",
            )
        yield name, path


def _copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite file with what is still in its log."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise InputError(f"{source}: can't be read ({error}).", "Record the run again.") from None
