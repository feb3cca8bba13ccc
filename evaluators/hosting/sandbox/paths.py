"""Checks whether paths exist; an inaccessible path counts as missing."""

from __future__ import annotations

import stat
from pathlib import Path

__all__ = ["is_file_there", "is_there"]


def is_there(path: Path) -> bool:
    """Return whether a path exists and is accessible."""
    return _mode(path) is not None


def is_file_there(path: Path) -> bool:
    """Return whether a path is a file and is accessible."""
    mode = _mode(path)
    return mode is not None and stat.S_ISREG(mode)


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return None
