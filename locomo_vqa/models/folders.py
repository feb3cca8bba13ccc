"""Hashes of folders with weights, so that different or changed weights are noticed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from locomo_vqa.files import sha256_file

__all__ = ["hash_contents", "hash_listing"]


def hash_contents(folder: Path) -> str:
    """Return one SHA-256 over the names and contents of a folder's files."""
    digest = hashlib.sha256()
    for path in _list_files(folder):
        digest.update(f"{path.name}\0{sha256_file(path)}\n".encode())
    return digest.hexdigest()


def hash_listing(folder: Path) -> str:
    """Return one SHA-256 over the names, sizes and times of a folder's files.

    For weights of a hundred gigabytes, which take minutes to read. A copy has a different hash.
    """
    digest = hashlib.sha256()
    for path in _list_files(folder):
        facts = path.stat()
        digest.update(f"{path.name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _list_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())
