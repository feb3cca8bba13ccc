"""Identifies the toolkit's own code: its version, the commit of a checkout, and a hash of files."""

from __future__ import annotations

import functools
import hashlib
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ._version import __version__

__all__ = ["code_sha256", "toolkit_code", "toolkit_name"]

_PACKAGES = ("locomo_vqa", "locomo_vqa.evaluators")
"""The packages that take part in a run; building and the leaderboard don't."""
_CODE = frozenset({".py", ".txt", ".toml", ".json"})
"""Endings of code, prompts, tables and settings; weights and pages are left out."""
_MOST_BYTES = 1 << 20
_GIT_SECONDS = 10


@functools.cache
def toolkit_code() -> Mapping[str, Any]:
    """Return what identifies the toolkit's code in this process; computed once.

    `version`; `sha256`, over the code and prompts that runs use, wherever they are installed; and,
    where the toolkit runs from a git checkout, `commit` and whether it is `dirty`: whether files of
    these packages were changed or added since. Both are None otherwise.
    """
    folders = {name: folder for name in _PACKAGES if (folder := _folder_of(name)) is not None}
    return {
        "version": __version__,
        "sha256": code_sha256(folders),
        **_commit_of(folders),
    }


def toolkit_name(code: Mapping[str, Any]) -> str:
    """Return what `toolkit_code` found in words, such as `0.1.0 (commit 1234567, changed)`."""
    commit = "" if code["commit"] is None else f"commit {code['commit'][:7]}, "
    changed = "changed, " if code["dirty"] else ""
    return f"{code['version']} ({commit}{changed}code {code['sha256'][:7]})"


def code_sha256(folders: Mapping[str, Path]) -> str:
    """Return one SHA-256 over the names and contents of packages' code; by name of the package."""
    digest = hashlib.sha256()
    for name, folder in sorted(folders.items()):
        for path in sorted(_code_in(folder)):
            digits = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{name}/{path.relative_to(folder).as_posix()}\0{digits}\n".encode())
    return digest.hexdigest()


def _code_in(folder: Path) -> Iterator[Path]:
    """Yield the files of a package, without those of the wings that are installed in it."""
    wings = {folder / wing for wing in ("builders", "evaluators", "leaderboard")}
    for path in folder.rglob("*"):
        inside = path.suffix in _CODE and wings.isdisjoint(path.parents)
        if inside and path.is_file() and path.stat().st_size <= _MOST_BYTES:
            yield path


def _folder_of(package: str) -> Path | None:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations))).resolve()


def _commit_of(folders: Mapping[str, Path]) -> dict[str, Any]:
    """Return the commit and state of the checkout, if the packages are directly in one.

    A package in an environment that is within someone's repository is not.
    """
    root = folders["locomo_vqa"].parent
    unknown = {"commit": None, "dirty": None}
    if not (root / ".git").exists():
        return unknown
    try:
        commit = _git(root, "rev-parse", "HEAD")
        status = _git(root, "status", "-s", *map(str, folders.values()))
    except (OSError, subprocess.SubprocessError):
        return unknown
    return {"commit": commit, "dirty": bool(status)}


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=_GIT_SECONDS,
    )
    return done.stdout.strip()
