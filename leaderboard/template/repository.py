"""Reads revisions of a results repository, without checking anything out."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.text import escape_unprintable

from ..git_process import call_git, plain_environment, with_settings
from ..scratch import scratch_folder

__all__ = ["GONE", "Change", "Repository", "TreeFile"]

GONE = "000000"
"""The mode of a file that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """A file of a revision."""

    path: str
    """Its path, with slashes."""
    mode: str
    """Git's mode, such as 100644 for a regular file."""
    oid: str
    """The id of its content."""
    size: int | None
    """Its size in bytes; None for what is not a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A path in which two revisions differ."""

    path: str
    """The path, with slashes."""
    old_mode: str
    """Git's mode before; `GONE` if it was not there."""
    new_mode: str
    """Git's mode after; `GONE` if it is not there any more."""
    old: str
    """The id of the content before."""
    new: str
    """The id of the content after."""


class Repository:
    """A Git repository on this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = with_settings(
            {**plain_environment(), "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}, {}
        )

    def commit(self, revision: str) -> str:
        """Return the id of a revision's commit.

        Raises:
            InputError: there is no such revision.
        """
        found = self._run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        if found is None:
            raise InputError(
                f"{self._folder}: has no revision {escape_unprintable(revision)}.",
                "Fetch it first: git fetch origin REVISION.",
            )
        return found.strip()

    def common(self, base: str, head: str) -> str:
        """Return the last commit that two commits have in common.

        Raises:
            InputError: they have none, or the clone is too shallow to see it.
        """
        found = self._run("merge-base", base, head)
        if not found:
            raise InputError(
                f"{self._folder}: the revisions have no commit in common.",
                "Fetch the whole history (git fetch --unshallow), and start from the base.",
            )
        return found.split()[0]

    def changes(self, old: str, new: str) -> Iterator[Change]:
        """Yield every path in which two commits differ; a renamed file is two paths."""
        said = self._run(
            "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-ext-diff", old, new
        )
        fields = (said or "").split("\0")[:-1]
        for head, path in zip(fields[::2], fields[1::2], strict=True):
            old_mode, new_mode, before, after, _ = head.removeprefix(":").split(" ")
            yield Change(path=path, old_mode=old_mode, new_mode=new_mode, old=before, new=after)

    def files(self, commit: str, folder: str) -> Iterator[TreeFile]:
        """Yield everything below a folder of a commit, folders left out."""
        said = self._run("ls-tree", "-r", "-z", "-l", commit, "--", f"{folder}/") or ""
        for line in said.split("\0")[:-1]:
            head, _, path = line.partition("\t")
            mode, _, oid, size = head.split()
            yield TreeFile(path=path, mode=mode, oid=oid, size=None if size == "-" else int(size))

    def size(self, oid: str) -> int:
        """Return the size of a content in bytes."""
        return int(self._run("cat-file", "-s", oid) or 0)

    def content(self, oid: str) -> bytes:
        """Return a small content.

        Raises:
            InputError: it is not in this clone.
        """
        with scratch_folder("content") as folder:
            self.write(oid, folder / "content")
            return (folder / "content").read_bytes()

    def write(self, oid: str, path: Path) -> None:
        """Write a content to a new file, byte for byte, without filters.

        Raises:
            InputError: it is not in this clone.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            done = subprocess.run(
                ["git", "cat-file", "blob", oid],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.DEVNULL,
                check=False,
            )
        if done.returncode:
            raise InputError(f"{self._folder}: lacks the content {oid}.", "Fetch it first.")

    def _run(self, *arguments: str) -> str | None:
        """Return what a command prints; None if it failed."""
        done = call_git(arguments, folder=self._folder, environment=self._environment)
        return None if done.returncode else done.stdout
