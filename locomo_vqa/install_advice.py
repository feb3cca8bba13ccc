"""How to install optional packages: the toolkit is on no package index, so from where it came."""

from __future__ import annotations

import json
import shlex
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

__all__ = ["install_command"]


def install_command(extra: str) -> str:
    """Return a command that installs the toolkit with one of its optional groups of packages.

    If it was installed from a folder that still exists, the command names that folder.
    """
    folder, editable = _source()
    if folder is None:
        return f"pip install '.[{extra}]', in the folder of locomo-vqa's source"
    option = "-e " if editable else ""
    return f"pip install {option}{shlex.quote(f'{folder}[{extra}]')}"


def _source() -> tuple[Path | None, bool]:
    """Return the folder that the toolkit was installed from, and whether it is used in place."""
    try:
        text = distribution("locomo-vqa").read_text("direct_url.json")
        origin = json.loads(text or "{}")
        parts = urlsplit(origin.get("url", ""))
        editable = bool(origin.get("dir_info", {}).get("editable"))
    except (PackageNotFoundError, ValueError, AttributeError):
        return None, False
    folder = Path(url2pathname(parts.path))
    if parts.scheme != "file" or not (folder / "pyproject.toml").is_file():
        return None, False
    return folder, editable
