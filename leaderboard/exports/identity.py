"""The ids of a record, which depend on the entry only: exporting again gives the same files."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from locomo_vqa.files import canonical_json

from ..board_entry import Entry
from ..entry_files.folder_names import folder_name

__all__ = ["RecordIdentity", "identify"]

_HOSTS = ("github.com", "gitlab.com", "huggingface.co")
"""Hosts whose addresses begin with the name of an account."""
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordIdentity:
    """What a record is called, and where it is."""

    uuid: str
    """The name of its files: in the form of version 4, but computed from the entry."""
    collection: str
    """The benchmark's name as a folder's name."""
    developer: str
    """The account that the system's address names, or `unknown`."""
    system: str
    """`<system>__<answerer>`."""
    timestamp: str
    """The beginning of the entry's day, in seconds since 1970 (UTC)."""

    @property
    def model_id(self) -> str:
        """`<developer>/<system>__<answerer>`."""
        return f"{self.developer}/{self.system}"

    @property
    def evaluation_id(self) -> str:
        """`<collection>/<model id>/<timestamp>`."""
        return f"{self.collection}/{self.model_id}/{self.timestamp}"

    @property
    def folder(self) -> str:
        """The folder of its files, relative to the repository of records."""
        return f"data/{self.collection}/{self.model_id}"

    @property
    def record(self) -> str:
        """The path of the record."""
        return f"{self.folder}/{self.uuid}.json"

    @property
    def samples(self) -> str:
        """The path of its samples."""
        return f"{self.folder}/{self.uuid}_samples.jsonl"


def identify(entry: Entry, *, dataset: str, revision: str) -> RecordIdentity:
    """Return the identity of an entry of a board.

    The format demands a UUID of version 4, which is random. A random one would make a second record
    of an entry each time it is exported, so the bits come from a hash of the entry's name, its
    files' hashes and the benchmark's revision; only version and variant are set as demanded.
    """
    facts = canonical_json(
        {"dataset": dataset, "revision": revision, "entry": entry.name, "files": dict(entry.files)}
    )
    digest = hashlib.sha256(facts.encode()).digest()
    system, _, day = entry.name.rpartition("/")
    begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return RecordIdentity(
        uuid=str(uuid.UUID(bytes=digest[:16], version=4)),
        collection=folder_name(dataset),
        developer=_developer(entry.metadata or {}),
        system=system,
        timestamp=str(int(begin.timestamp())),
    )


def _developer(metadata: Mapping[str, Any]) -> str:
    address = (metadata.get("system") or {}).get("url") or ""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return _UNKNOWN
    account = re.match(r"/([A-Za-z0-9][A-Za-z0-9._-]*)/", f"{parts.path}/")
    if host not in _HOSTS or account is None or account[1] in ("datasets", "spaces"):
        return _UNKNOWN
    return folder_name(account[1])
