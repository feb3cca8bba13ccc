"""Real Git repositories for tests, apart from the settings of whoever runs them."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Repository:
    """A bare repository with one commit on `main`, and what tests ask of it."""

    def __init__(self, folder: Path, **files: str | None) -> None:
        self.folder = folder
        git(folder.parent, "init", "--quiet", "--bare", "--initial-branch=main", folder.name)
        self.push({"README.md": "# Results\n", **files}, "Begin")

    @classmethod
    def existing(cls, folder: Path) -> Repository:
        """Return a repository that was made before."""
        found = cls.__new__(cls)
        found.folder = folder
        return found

    @property
    def url(self) -> str:
        """Its address for `submit`."""
        return f"git+{self.folder.as_uri()}"

    def push(
        self, files: dict[str, str | None], message: str, branch: str = "main", onto: str = "main"
    ) -> None:
        """Commit files on top of a branch, as another person would; None removes one."""
        clone = self.clone()
        if onto in self.branches():
            git(clone, "checkout", "--quiet", onto)
        for name, text in files.items():
            path = clone / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git(clone, "add", "--all", "--force")
        git(clone, "commit", "--quiet", "--message", message)
        git(clone, "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")

    def clone(self) -> Path:
        """Return a new clone with its default branch checked out."""
        clone = self.folder.with_name(f"clone-{len(list(self.folder.parent.iterdir()))}")
        git(self.folder.parent, "clone", "--quiet", str(self.folder), clone.name)
        return clone

    def files(self, revision: str = "main") -> dict[str, bytes]:
        """Return a revision's files with their bytes."""
        names = git(self.folder, "ls-tree", "-r", "--name-only", revision).splitlines()
        return {name: self.read(revision, name) for name in names}

    def read(self, revision: str, name: str) -> bytes:
        """Return one file's bytes."""
        return subprocess.run(
            ["git", "show", f"{revision}:{name}"],
            cwd=self.folder,
            check=True,
            capture_output=True,
        ).stdout

    def log(self, revision: str = "main") -> list[str]:
        """Return the messages of a revision's commits, newest first."""
        return git(self.folder, "log", "--format=%s", revision).splitlines()

    def branches(self) -> list[str]:
        """Return the names of its branches."""
        return git(self.folder, "for-each-ref", "--format=%(refname:short)").splitlines()


def git(folder: Path, *arguments: str) -> str:
    """Run Git in a folder as an invented person, and return what it prints."""
    person = ("-c", "user.name=Bo", "-c", "user.email=bo@example.org")
    done = subprocess.run(
        ["git", *person, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout
