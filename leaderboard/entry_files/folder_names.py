"""The names of submissions' folders."""

from __future__ import annotations

import re
import unicodedata

from locomo_vqa.files import sha256_text

__all__ = ["entry_folder_name", "folder_name"]

_MOST_CHARACTERS = 60


def entry_folder_name(system: str, answerer: str | None) -> str:
    """Return the folder's name for a system's name and its answerer: `<system>__<answerer>`."""
    return f"{folder_name(system)}__{folder_name(answerer or 'none')}"


def folder_name(text: str) -> str:
    """Return a name as a safe part of a folder's name.

    Only ASCII letters, digits, '.', '_' and '-' remain, with a letter or digit first, never two
    underscores, and at most 60 characters. Part of a hash is used for a name without any of these.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_text)
    safe = re.sub(r"_{2,}", "_", safe).strip("._-")[:_MOST_CHARACTERS].rstrip("._-")
    return safe or f"x{sha256_text(text)[:8]}"
