"""Remembers endpoints' requirements for a week, in the user's cache folder.

The file `endpoints.json` has one entry for each host and model, under a SHA-256: it contains no
address, name or key. It may be deleted at any time; a damaged file is ignored, and if it can't be
written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from locomo_vqa.errors import OutputError
from locomo_vqa.files import sha256_text, write_json
from locomo_vqa.json_gate import load_json
from locomo_vqa.locks import lock_file
from locomo_vqa.models.endpoint import provider_of
from locomo_vqa.system import Endpoint
from locomo_vqa.user_folders import cache_folder

__all__ = ["MAX_AGE", "MAX_ENTRIES", "endpoints_file", "keep_learned", "learned_before"]

MAX_AGE = timedelta(days=7)
"""Older entries are not used: an endpoint may since accept what it refused."""

MAX_ENTRIES = 200
"""How many entries are kept; the oldest are dropped."""

_MAX_BYTES = 1 << 20
_METERED = re.compile(r"http://127\.0\.0\.1:\d+/c/")
"""The metering proxy's addresses are valid for one run, and it learns for itself."""

_Entries = dict[str, dict[str, Any]]


def endpoints_file() -> Path:
    """Return where entries are kept; see `locomo_vqa.user_folders`."""
    return cache_folder() / "endpoints.json"


def learned_before(endpoint: Endpoint) -> Mapping[str, Any]:
    """Return what an earlier command learned about an endpoint and model; empty if nothing."""
    if _METERED.match(endpoint.base_url):
        return {}
    return _read(endpoints_file()).get(_key(endpoint), {})


def keep_learned(endpoint: Endpoint, learned: Mapping[str, Any]) -> None:
    """Keep JSON values for later commands, in addition to those under other names.

    A value that is empty is removed.
    """
    if _METERED.match(endpoint.base_url):
        return
    path, key = endpoints_file(), _key(endpoint)
    with contextlib.suppress(OSError, OutputError), _locked(path) as free:
        if not free:
            return
        entries = _read(path)
        entry = {**entries.pop(key, {}), **learned, "time": _now().isoformat(timespec="seconds")}
        entry = {name: value for name, value in entry.items() if value}
        if len(entry) > 1:
            entries[key] = entry
        newest = sorted(entries, key=lambda key: str(entries[key]["time"]))[-MAX_ENTRIES:]
        write_json(path, {key: entries[key] for key in newest})


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Yield True if no other process is writing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = lock_file(path.with_suffix(".lock"))
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.close()


def _read(path: Path) -> _Entries:
    """Return the entries that are complete and recent enough."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return {}
        found = load_json(path.read_bytes())
    except (OSError, ValueError):
        return {}
    entries = found if isinstance(found, dict) else {}
    return {key: entry for key, entry in entries.items() if _is_young(entry)}


def _is_young(entry: Any) -> bool:
    try:
        age = _now() - datetime.fromisoformat(entry["time"])
    except (KeyError, TypeError, ValueError):
        return False
    return timedelta(minutes=-5) < age < MAX_AGE


def _now() -> datetime:
    return datetime.now(UTC)


def _key(endpoint: Endpoint) -> str:
    return sha256_text(f"{provider_of(endpoint)}\n{endpoint.model}")[:32]
