"""Looks for a submission in a repository's trees, and adds it to one, without a checkout."""

from __future__ import annotations

from collections.abc import Mapping

from locomo_vqa.errors import OutputError

from .draft import Draft
from .git_client import Git

__all__ = ["add_entry", "hash_files", "read_entries"]

_FOLDER = "submissions"
"""The folder of submissions in a repository."""

_OTHER_NAME = "Choose another `name`."


def hash_files(git: Git, draft: Draft) -> dict[str, str]:
    """Store a draft's files in our repository, and return their ids."""
    return {
        name: git.run("hash-object", "-w", "--no-filters", str(draft.folder / name)).strip()
        for name in draft.files
    }


def read_entries(git: Git, commit: str, draft: Draft) -> dict[str, dict[str, str]]:
    """Return the submissions of a draft's system in a commit: by date, the ids of their files.

    Raises:
        OutputError: the system's folder, or the folder of submissions, is not a folder.
    """
    entries: dict[str, dict[str, str]] = {}
    _check_folders(git, commit, draft)
    place = f"{_FOLDER}/{draft.system_folder}/"
    for line in _listed(git, "-r", commit, "--", place):
        head, _, path = line.partition("\t")
        day, slash, name = path.removeprefix(place).partition("/")
        if slash:
            entries.setdefault(day, {})[name] = head.split()[2]
    return entries


def add_entry(git: Git, base: str, draft: Draft, files: Mapping[str, str]) -> str:
    """Return a commit on top of `base` that has the draft as well."""
    git.run("read-tree", base)
    lines = [
        f"100644 {oid}\t{_FOLDER}/{draft.name}/{name}\n" for name, oid in sorted(files.items())
    ]
    git.run("update-index", "--add", "--index-info", text="".join(lines))
    tree = git.run("write-tree", "--missing-ok").strip()
    return git.run("commit-tree", tree, "-p", base, text=f"Submit {draft.name}\n").strip()


def _check_folders(git: Git, commit: str, draft: Draft) -> None:
    """Check that nothing else has the names of the folders that are needed."""
    kinds = _kinds(git, commit, _FOLDER)
    if kinds.get(_FOLDER, "tree") != "tree":
        raise OutputError(
            f"{_FOLDER}: is not a folder in this repository.",
            "Check the address of the repository.",
        )
    wanted = draft.system_folder
    for name, kind in _kinds(git, commit, f"{_FOLDER}/").items():
        name = name.removeprefix(f"{_FOLDER}/")
        if name.casefold() == wanted.casefold() and (name != wanted or kind != "tree"):
            raise OutputError(
                f"{_FOLDER}/{name}: has the name {wanted} in other letters, or is not a folder.",
                _OTHER_NAME,
            )


def _kinds(git: Git, commit: str, path: str) -> dict[str, str]:
    found = {}
    for line in _listed(git, commit, "--", path):
        head, _, name = line.partition("\t")
        found[name] = head.split()[1]
    return found


def _listed(git: Git, *arguments: str) -> list[str]:
    return [line for line in git.run("ls-tree", "-z", *arguments).split("\0") if line]
