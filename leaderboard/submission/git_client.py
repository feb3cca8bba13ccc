"""Runs Git on a repository of our own, in which nothing of anybody's is executed or checked out."""

from __future__ import annotations

import os
import re
from pathlib import Path

from locomo_vqa.errors import OutputError
from locomo_vqa.keys import scrub
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.text import escape_unprintable

from ..git_process import GitDone, call_git, plain_environment, with_settings
from ..private_hosts import is_private_host
from .git_address import GitAddress

__all__ = ["Git", "GitFailed", "identity"]

_CONFIG = {
    "core.autocrlf": "false",
    "fetch.recurseSubmodules": "false",
    "push.recurseSubmodules": "no",
    "push.gpgSign": "false",
    "push.followTags": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
_ANONYMOUS = ("locomo-vqa submit", "submit@locomo-vqa.invalid")
_NO_RIGHTS = re.compile(
    r"authentication failed|permission|denied|could not read (?:user|pass)|forbidden|\b40[13]\b"
    r"|terminal prompts disabled",
    re.IGNORECASE,
)
_REMOTE_PAGE = re.compile(r"^remote:.*?(https://\S+)", re.MULTILINE)


class GitFailed(OutputError):
    """Git ended with an error."""


class Git:
    """A bare repository in a folder, with one remote, `origin`.

    The remote's URL is passed in the environment: it may have a password, and what a command line
    or a file of a repository has can be read by others.
    """

    def __init__(self, folder: Path, address: GitAddress, *, author: tuple[str, str]) -> None:
        self._folder = folder
        self._address = address
        self._environment = _environment(address.url, folder, author)
        self.run("init", "--bare", "--quiet", "--template=", ".")

    def run(self, *arguments: str, text: str | None = None) -> str:
        """Return what a Git command prints.

        Raises:
            GitFailed: it failed; the message has what Git said, without credentials.
        """
        return self._call(arguments, text).stdout

    def push(self, commit: str, branch: str) -> str | None:
        """Push a commit as a branch, never by force; return the page that the server names.

        Raises:
            GitFailed: it was rejected, or its answer was lost.
        """
        done = self._call(
            ("push", "--porcelain", "--no-verify", "origin", f"{commit}:refs/heads/{branch}"), None
        )
        page = _REMOTE_PAGE.search(done.stderr)
        return hide_credentials(escape_unprintable(page[1])) if page else None

    def _call(self, arguments: tuple[str, ...], text: str | None) -> GitDone:
        done = call_git(arguments, folder=self._folder, environment=self._environment, text=text)
        if done.returncode:
            raise self._failure(arguments[0], done.stderr + done.stdout)
        return done

    def _failure(self, command: str, said: str) -> GitFailed:
        shown = self._address.shown
        said = scrub(hide_credentials(said.replace(self._address.url, shown)))
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        telling = [
            line for line in lines if line.startswith(("fatal:", "error:", "remote:", "!"))
        ] or lines
        reason = escape_unprintable("; ".join(telling), most=400) or "it gave no reason"
        remedy = (
            "Check that you may push there, with a token or an SSH key that Git knows; if you may "
            "not, submit to a fork of your own, and open a pull request from it."
            if _NO_RIGHTS.search(reason)
            else "Check the address and the network, and submit again: nothing is sent twice."
        )
        return GitFailed(f"{shown}: git {command} failed ({reason}).", remedy)


def identity() -> tuple[str, str]:
    """Return the name and email address that the user has set for Git.

    Git would make them from the user's and the machine's names where they are not set; this
    returns fixed ones instead, also for an address in a private network.
    """
    name = os.environ.get("GIT_AUTHOR_NAME") or _setting("user.name")
    email = os.environ.get("GIT_AUTHOR_EMAIL") or _setting("user.email")
    if not name or not email or is_private_host(email.rpartition("@")[2]):
        return _ANONYMOUS
    return name, email


def _setting(name: str) -> str:
    done = call_git(("config", "--global", name), folder=None, environment=plain_environment())
    return done.stdout.strip() if done.returncode == 0 else ""


def _environment(url: str, folder: Path, author: tuple[str, str]) -> dict[str, str]:
    people = {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in zip(("NAME", "EMAIL"), author, strict=True)
    }
    settings = {**_CONFIG, "remote.origin.url": url}
    return with_settings({**plain_environment(), **people, "GIT_DIR": str(folder)}, settings)
