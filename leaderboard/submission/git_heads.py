"""The branches of a repository that matter for a submission."""

from __future__ import annotations

from dataclasses import dataclass

from locomo_vqa.errors import OutputError

from .draft import Draft
from .git_address import GitAddress
from .git_client import Git

__all__ = ["Heads", "own_branch", "read_heads"]

_PREFIX = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """A repository's branches, as they were when they were asked for."""

    base: str
    """The branch that a submission is based on."""
    commits: dict[str, str]
    """The commit of `base` and of each proposal."""

    @property
    def proposals(self) -> list[str]:
        """The branches with a submission of the same system, which may wait to be merged."""
        return [name for name in self.commits if name != self.base]

    def fetched(self, git: Git, branch: str) -> str:
        """Fetch a branch's last commit and its folders, without older ones and without files."""
        git.run(
            *("fetch", "--quiet", "--depth=1", "--no-tags", "--filter=blob:none", "origin"),
            f"+{_PREFIX}{branch}:refs/seen/{branch}",
        )
        return git.run("rev-parse", "--verify", f"refs/seen/{branch}^{{commit}}").strip()


def own_branch(draft: Draft) -> str:
    """Return the name of the branch that proposes a submission."""
    return f"submission/{draft.name}"


def read_heads(git: Git, address: GitAddress, draft: Draft) -> Heads:
    """Ask a repository for the branches that matter.

    Raises:
        OutputError: it has no such branch, or no commit, or Git failed.
    """
    place = f"{_PREFIX}submission/{draft.system_folder}/"
    wanted = f"{_PREFIX}{address.branch}" if address.branch else None
    said = git.run("ls-remote", "--symref", "origin", wanted or "HEAD", f"{_PREFIX}*", f"{place}*")
    found, default = {}, None
    for line in said.splitlines():
        head, _, name = line.partition("\t")
        if head.startswith("ref: ") and name == "HEAD":
            default = head.removeprefix("ref: ")
        elif name.startswith(_PREFIX):
            found[name] = head
    base = wanted or default
    if base is None or base not in found:
        missing = f"no branch {address.branch}" if address.branch else "no default branch yet"
        raise OutputError(
            f"{address.shown}: has {missing}.",
            "Check the address; a new repository needs a first commit.",
        )
    commits = {
        name.removeprefix(_PREFIX): commit
        for name, commit in found.items()
        if name == base or (name.startswith(place) and address.branch is None)
    }
    return Heads(base=base.removeprefix(_PREFIX), commits=commits)
