"""Defines what one conversation's sandbox shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .tool import SandboxTool

__all__ = ["Sandbox"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """What a system's processes see of this machine, in addition to their environment."""

    tool: SandboxTool
    """The tool that isolates the processes."""
    scratch: Path
    """An empty folder for their /tmp and home folder; its owner removes it."""
    work: Path | None = None
    """The conversation's folder, the only other writable one."""
    readable: tuple[Path, ...] = ()
    """Other readable files and folders: copies of images, models, and those named in options."""
    hidden: tuple[Path, ...] = ()
    """Folders hidden even inside a readable one: the benchmark and the run."""
    reachable: tuple[str, int] | None = None
    """The only address (host and port) that can be reached; None for no network."""
