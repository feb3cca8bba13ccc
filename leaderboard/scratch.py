"""Temporary folders, of which a killed process leaves none for long."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from locomo_vqa.unfinished import unfinished

__all__ = ["scratch_folder"]


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """Yield an empty folder that only this user can read, and remove it afterwards.

    What a killed process left is removed by the next one with the same purpose.
    """
    with unfinished(Path(tempfile.gettempdir(), f"locomo-vqa-{purpose}"), kind="folder") as folder:
        yield folder
