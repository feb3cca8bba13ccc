"""The address of a Git repository, `git+URL` or `git+URL#branch`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from locomo_vqa.errors import InputError
from locomo_vqa.keys import add_credentials
from locomo_vqa.models.names import hide_credentials

__all__ = ["GitAddress"]

_SCHEMES = ("https", "ssh", "file")
_EXAMPLE = "git+https://github.com/ORG/RESULTS.git"
_SCP = re.compile(r"(?P<host>[\w.-]+@[\w.-]+):(?P<path>[^/].*)")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitAddress:
    """A repository, and the branch that submissions are pushed to."""

    url: str
    """What Git is given; it may have credentials."""
    branch: str | None
    """The branch; None for a new one for each submission."""

    @property
    def shown(self) -> str:
        """The URL without credentials."""
        parts = urlsplit(self.url)
        plain = parts.scheme == "ssh" and parts.password is None
        return self.url if plain else hide_credentials(self.url)

    @classmethod
    def parse(cls, text: str) -> GitAddress:
        """Parse an address; only https, ssh and file are allowed, and nothing that is an option.

        An address can have Git run a program (`ext::`, a host that begins with a dash).

        Raises:
            InputError: it is not valid, or not allowed.
        """
        url, mark, branch = text.removeprefix("git+").partition("#")
        if (found := _SCP.fullmatch(url)) is not None:
            raise _refused(text, f"Write it as git+ssh://{found['host']}/{found['path']}.")
        if url.startswith("/"):
            raise _refused(text, f"Write it as git+file://{url}.")
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            raise _refused(text) from None
        if _UNSAFE.search(unquote(url)) or parts.scheme not in _SCHEMES or parts.query:
            raise _refused(text)
        if not _has_safe_host(parts) or not parts.path.strip("/"):
            raise _refused(text)
        if mark and not _is_branch(branch):
            raise InputError(
                f"`to`: {branch!r} is not the name of a branch.", "Write it like #main."
            )
        add_credentials(parts)
        return cls(url=url, branch=branch or None)


def _has_safe_host(parts: SplitResult) -> bool:
    if parts.scheme == "file":
        return not parts.netloc
    host = unquote(parts.hostname or "")
    user = unquote(parts.username or "")
    return bool(host) and not host.startswith("-") and not user.startswith("-")


def _is_branch(name: str) -> bool:
    return (
        bool(_BRANCH.fullmatch(name))
        and ".." not in name
        and not any(part.endswith((".lock", ".")) for part in name.split("/"))
    )


def _refused(text: str, remedy: str | None = None) -> InputError:
    return InputError(
        f"`to`: {hide_credentials(text)!r} is not the address of a Git repository.",
        remedy or f"Write it like {_EXAMPLE}; https, ssh and file are allowed.",
    )
