"""Sends a submission to a Git repository, as a branch of its own or onto a branch that exists."""

from __future__ import annotations

from dataclasses import dataclass

from locomo_vqa.errors import OutputError

from ..scratch import scratch_folder
from .destination import Placed
from .draft import Draft
from .git_address import GitAddress
from .git_client import Git, GitFailed, identity
from .git_heads import Heads, own_branch, read_heads
from .git_trees import add_entry, hash_files, read_entries

__all__ = ["GitDestination"]

_TRIES = 5
"""How often a submission is put on top of what others pushed meanwhile."""


@dataclass(frozen=True, slots=True)
class GitDestination:
    """A Git repository with a folder `submissions`."""

    address: GitAddress

    @classmethod
    def parse(cls, text: str) -> GitDestination:
        """Return the destination of an address `git+URL` or `git+URL#branch`.

        Raises:
            InputError: the address is not valid.
        """
        return cls(GitAddress.parse(text))

    def explain(self, draft: Draft) -> str:
        """Return a sentence on what `send` will do."""
        name, email = identity()
        branch = self.address.branch
        target = f"the branch {branch}" if branch else f"a new branch, {own_branch(draft)}"
        return f"{name} <{email}> commits it and pushes it to {self.address.shown}, {target}."

    def send(self, draft: Draft) -> Placed:
        """Push a submission, or find it there.

        If another push came first, the submission is put on top of it.

        Raises:
            OutputError: another submission has its name and date, or Git failed.
        """
        with scratch_folder("git") as folder:
            git = Git(folder, self.address, author=identity())
            files = hash_files(git, draft)
            for tries_left in reversed(range(_TRIES)):
                heads = read_heads(git, self.address, draft)
                placed = self._find(git, heads, draft, files)
                if placed is not None:
                    return placed
                commit = add_entry(git, heads.fetched(git, heads.base), draft, files)
                try:
                    page = git.push(commit, self.address.branch or own_branch(draft))
                except GitFailed as error:
                    if not tries_left or not self._has_moved(git, heads, draft):
                        raise error from None
                else:
                    return self._placed(draft, page)
        raise AssertionError("the last try returns or raises")

    def _find(self, git: Git, heads: Heads, draft: Draft, files: dict[str, str]) -> Placed | None:
        """Return where the same submission is, if it is anywhere."""
        for branch in (heads.base, *heads.proposals):
            entries = read_entries(git, heads.fetched(git, branch), draft)
            days = [day for day in entries if draft.any_day or day == draft.day.isoformat()]
            same = next((day for day in days if entries[day] == files), None)
            if same is not None:
                place = f"{self.address.shown}, branch {branch}"
                return Placed(place=place, is_new=False, advice=_advice(branch, heads))
            own = draft.day.isoformat() in entries
            if own and branch in (heads.base, own_branch(draft)):
                raise OutputError(
                    f"{draft.name}: another submission with this name and date is in "
                    f"{self.address.shown}, branch {branch}; nothing was pushed.",
                    "Choose another `date` or `name`; a submission is never replaced.",
                )
        return None

    def _has_moved(self, git: Git, heads: Heads, draft: Draft) -> bool:
        """Return whether something was pushed since, which the next try takes into account."""
        try:
            return read_heads(git, self.address, draft) != heads
        except GitFailed:
            return False

    def _placed(self, draft: Draft, page: str | None) -> Placed:
        branch = self.address.branch
        return Placed(
            place=f"{self.address.shown}, branch {branch or own_branch(draft)}",
            url=page,
            advice=None if branch else _open_pull_request(own_branch(draft), page),
        )


def _advice(branch: str, heads: Heads) -> str | None:
    return None if branch == heads.base else _open_pull_request(branch, None)


def _open_pull_request(branch: str, page: str | None) -> str:
    return f"Open a pull request of the branch {branch}{f': {page}' if page else ''}."
