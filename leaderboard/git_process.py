"""Starts Git with the user's credentials, but without hooks and without another's settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from locomo_vqa.errors import MissingResource

__all__ = ["GitDone", "call_git", "plain_environment", "with_settings"]

GitDone = subprocess.CompletedProcess[str]
"""The result of a Git command, with text that may have undecodable bytes as surrogates."""

_KEPT = re.compile(
    r"GIT_(?:SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|SSL_\w+|HTTP_\w+|PROXY_\w+|EXEC_PATH"
    r"|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM|AUTHOR_\w+|COMMITTER_\w+)"
)
"""Git's variables that are the user's; the others, such as GIT_DIR, name another repository."""


def call_git(
    arguments: tuple[str, ...],
    *,
    folder: Path | None,
    environment: Mapping[str, str],
    text: str | None = None,
) -> GitDone:
    """Run a Git command without a shell, and return its result, whatever that is.

    Raises:
        MissingResource: Git is not installed.
    """
    given = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
            **given,
        )
    except FileNotFoundError:
        raise MissingResource("Git is not installed.", "Install it: https://git-scm.com.") from None


def plain_environment() -> dict[str, str]:
    """Return this process's environment, with only those variables of Git that are the user's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or _KEPT.fullmatch(name)
    }
    asks = sys.stdin is not None and sys.stdin.isatty()
    return kept | {
        "GIT_ALLOW_PROTOCOL": "https:ssh:file",
        "GIT_TERMINAL_PROMPT": "1" if asks else "0",
        "LC_ALL": "C",
        "TZ": "UTC",
    }


def with_settings(environment: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which Git has further settings, and runs no hook.

    Settings in the environment can't be read by others, as a command line can.
    """
    settings = {"core.hooksPath": os.devnull, "core.fsmonitor": "false", **settings}
    numbered = {
        f"GIT_CONFIG_{kind}_{number}": value
        for number, pair in enumerate(settings.items())
        for kind, value in zip(("KEY", "VALUE"), pair, strict=True)
    }
    return {**environment, **numbered, "GIT_CONFIG_COUNT": str(len(settings))}
