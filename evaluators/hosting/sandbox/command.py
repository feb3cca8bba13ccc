"""Builds the command that starts a process in a sandbox."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .interpreter import interpreter_folders, interpreter_links
from .mounts import TEMPORARY, Mount, mounts_of
from .sandbox import Sandbox
from .tool import bubblewrap_program

__all__ = ["SandboxCommand", "sandbox_command", "sandbox_environment"]

_ENTRY = Path(__file__).with_name("entry.py")
_DROPPED = re.compile(r"(HTTP|HTTPS|ALL|NO|FTP)_PROXY|TMPDIR|TEMP|TMP", re.IGNORECASE)
_NAMESPACES = ("user", "pid", "net", "ipc", "uts")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxCommand:
    """A command and the descriptors that it inherits."""

    command: tuple[str, ...]
    """The program and its arguments."""
    descriptors: tuple[int, ...]
    """The descriptors that the program inherits."""
    arguments: int
    """The descriptor that the caller must close after starting the command."""


def sandbox_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process in a sandbox, whose only network is the proxy."""
    kept = {name: value for name, value in environment.items() if not _DROPPED.fullmatch(name)}
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    return {**kept, "TMPDIR": str(TEMPORARY), **offline}


def sandbox_command(
    sandbox: Sandbox,
    command: Sequence[str],
    *,
    files: Iterable[Path],
    environment: Mapping[str, str],
    inside: int | None = None,
) -> SandboxCommand:
    """Return the command that starts another one in a sandbox.

    Args:
        sandbox: the sandbox.
        command: an interpreter, whose path is absolute, and its arguments.
        files: other files on this machine that the command needs.
        environment: the process's environment.
        inside: the descriptor for passing the listening socket; see `Gateway`.

    Raises:
        OSError: there is not enough memory for the arguments.
    """
    program = bubblewrap_program() or "bwrap"
    python = command[0]
    needed = [*interpreter_folders(python), *files, _ENTRY]
    mounts = mounts_of(sandbox, needed, interpreter_links(python), environment)
    host, port = sandbox.reachable or ("-", "-")
    inherited = "-" if inside is None else str(inside)
    flags = (*_flags(), *(text for mount in mounts for text in _flag(mount)), "--remount-ro", "/")
    arguments = _as_descriptor(flags)
    entry = (python, "-I", "-S", str(_ENTRY), inherited, host, str(port))
    return SandboxCommand(
        command=(program, "--args", str(arguments), "--", *entry, *command),
        descriptors=(arguments,) if inside is None else (arguments, inside),
        arguments=arguments,
    )


def _flags() -> Iterator[str]:
    for name in _NAMESPACES:
        yield f"--unshare-{name}"
    yield "--unshare-cgroup-try"
    yield from ("--cap-drop", "ALL", "--dev", "/dev", "--proc", "/proc")


def _flag(mount: Mount) -> Iterator[str]:
    path, target = str(mount.path), str(mount.target)
    if mount.kind == "link":
        yield from ("--symlink", target, path)
    elif mount.kind == "empty":
        yield from ("--tmpfs", path, "--remount-ro", path)
    else:
        flag = {"read": "--ro-bind", "write": "--bind", "device": "--dev-bind"}[mount.kind]
        yield from (flag, target, path)


def _as_descriptor(arguments: Iterable[str]) -> int:
    """Return the descriptor of an in-memory file with the arguments."""
    assert sys.platform == "linux"
    descriptor = os.memfd_create("arguments")
    data = b"".join(os.fsencode(text) + b"\0" for text in arguments)
    with os.fdopen(os.dup(descriptor), "wb") as stream:
        stream.write(data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
