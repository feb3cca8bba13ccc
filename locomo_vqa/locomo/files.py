"""Finds the conversations in a LoCoMo file of either layout and checks their shape."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from locomo_vqa.bounded_reading import open_bounded, read_bounded_text
from locomo_vqa.errors import InputError
from locomo_vqa.files import parse_json, read_json
from locomo_vqa.json_gate import Budget
from locomo_vqa.schemas import validate
from locomo_vqa.zips import UNZIP_ERRORS, check_compression

__all__ = ["read_samples"]

_REMEDY = (
    "Give locomo10.json from https://github.com/snap-research/locomo, "
    "or the older zip with one file for each conversation."
)

_KEYS = ("sample_id", "conversation", "qa")
"""The keys of a conversation that are read."""

MAX_ZIP_BYTES = 64 << 20
"""The most bytes that a zip may unpack to; LoCoMo has 2.8 MB."""

_MAX_ARCHIVE_BYTES = 16 << 20
"""The largest zip, in bytes: its list of files is read into memory."""


def read_samples(path: Path) -> list[dict[str, Any]]:
    """Return LoCoMo's conversations as `{sample_id, conversation, qa}`, valid and in file order.

    Raises:
        InputError: the file does not exist, or is not a LoCoMo file.
    """
    if path.is_dir():
        samples = _from_parts(path, _read_folder(path))
    elif path.is_file() and zipfile.is_zipfile(path):
        samples = _from_parts(path, _unzip(path))
    else:
        samples = read_json(path, what="the LoCoMo file")
    if not _has_conversations(samples):
        raise InputError(
            f"{path}: is not LoCoMo's file, which is a list of conversations.", _REMEDY
        )
    validate(samples, "locomo", path=path, remedy=_REMEDY)
    ids = Counter(sample["sample_id"] for sample in samples)
    twice = sorted(sample for sample, count in ids.items() if count > 1)
    if twice:
        raise InputError(f"{path}: contains the conversation {twice[0]} twice.", _REMEDY)
    return list(samples)


def _has_conversations(samples: Any) -> bool:
    """Return whether a value is a list that begins with anything like a conversation."""
    if not isinstance(samples, list) or not samples:
        return False
    return isinstance(samples[0], dict) and not samples[0].keys().isdisjoint(_KEYS)


def _read_folder(path: Path) -> dict[str, Any]:
    files: dict[str, Any] = {}
    budget, what = Budget(), "a LoCoMo file"
    for file in sorted(path.glob("*.json")):
        if file.is_file():
            text = read_bounded_text(file, what=what, most=MAX_ZIP_BYTES)
            files[file.name] = parse_json(text, path=file, what=what, budget=budget)
    return files


def _unzip(path: Path) -> dict[str, Any]:
    files: dict[str, Any] = {}
    budget = Budget()
    try:
        with open_bounded(path, what="the LoCoMo file", most=_MAX_ARCHIVE_BYTES) as stream:
            archive = zipfile.ZipFile(stream)
            entries = [e for e in archive.infolist() if _is_part(e.filename)]
            if sum(entry.file_size for entry in entries) > MAX_ZIP_BYTES:
                raise InputError(f"{path}: unpacks to more than 64 MiB.", _REMEDY)
            check_compression(entries)
            for entry in entries:
                text = archive.read(entry).decode("utf-8-sig")
                name = Path(entry.filename).name
                what = f"its file {name}"
                files[name] = parse_json(text, path=path, what=what, budget=budget)
    except UNZIP_ERRORS as error:
        raise InputError(f"{path}: the zip can't be unpacked ({error}).", _REMEDY) from None
    return files


def _is_part(name: str) -> bool:
    return name.endswith(".json") and not name.startswith("__MACOSX/")


def _from_parts(path: Path, files: dict[str, Any]) -> Any:
    if not files:
        raise InputError(f"{path}: has no .json file.", _REMEDY)
    if len(files) == 1 and isinstance(whole := next(iter(files.values())), list):
        return whole
    return [_convert_sample(path, name, files[name]) for name in sorted(files, key=_sort_key)]


def _sort_key(name: str) -> tuple[int, str]:
    match = re.search(r"([0-9]{1,9})\.json$", name)
    return (int(match[1]) if match else 1 << 30, name)


def _convert_sample(path: Path, name: str, part: Any) -> dict[str, Any]:
    """Convert a file of the older layout, such as `26.json`, whose `sample_id` is `conv-26`."""
    if not isinstance(part, dict):
        raise InputError(f"{path}: {name} is not a JSON object.", _REMEDY)
    stem = Path(name).stem
    return {
        "sample_id": f"conv-{stem}" if stem.isdigit() else stem,
        "qa": part.get("qa", []),
        "conversation": {
            key: value
            for key, value in part.items()
            if key in ("speaker_a", "speaker_b") or re.fullmatch(r"session_\d+(_date_time)?", key)
        },
    }
