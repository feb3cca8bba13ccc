"""Hooks for mkdocs: lay out the four source trees as the single package that they become."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "build" / "docs" / "locomo_vqa"
"""The folder in which `mkdocs.yml` makes mkdocstrings look for modules."""


def on_startup(**_: Any) -> None:
    """Copy the package's modules into the layout of an installation."""
    shutil.rmtree(PACKAGE, ignore_errors=True)
    shutil.copytree(ROOT / "locomo_vqa", PACKAGE, ignore=_other_files)
    for tree in ("builders", "evaluators", "leaderboard"):
        shutil.copytree(ROOT / tree, PACKAGE / tree, ignore=_other_files)


def _other_files(folder: str, names: list[str]) -> list[str]:
    """Return the files that are not modules."""
    return [name for name in names if not name.endswith(".py") and (Path(folder) / name).is_file()]
