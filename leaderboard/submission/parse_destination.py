"""Reads where a submission is sent: a folder, a Git repository, or a data set on the Hub."""

from __future__ import annotations

import re
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.models.names import hide_credentials

from .destination import Destination
from .folder_destination import FolderDestination
from .git_destination import GitDestination
from .hub_destination import HubDestination

__all__ = ["parse_destination"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:.+")


def parse_destination(to: str | Path) -> Destination:
    """Return the destination that a path or an address names.

    Raises:
        InputError: it is an address of another kind, or is not valid.
    """
    text = to if isinstance(to, str) else str(to)
    if text.startswith("git+"):
        return GitDestination.parse(text)
    if text.startswith("hf://"):
        return HubDestination.parse(text)
    if _SCHEME.match(text) or _SCP.fullmatch(text):
        raise InputError(
            f"`to`: {hide_credentials(text)} is not a place that submissions are sent to.",
            "Give a folder, a Git repository as git+https://…, git+ssh://… or git+file://…, or a "
            "data set on the Hub as hf://datasets/ORG/NAME.",
        )
    return FolderDestination(Path(text))
