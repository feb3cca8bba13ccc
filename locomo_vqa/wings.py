"""The packages outside the core, which are imported by name, and only when they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from locomo_vqa.errors import MissingResource

__all__ = ["WINGS", "load_by_name"]

WINGS = ("locomo_vqa.builders", "locomo_vqa.evaluators", "locomo_vqa.leaderboard")
"""They are next to the core in the source tree, and inside it when installed."""


def load_by_name(place: str) -> Any:
    """Import what a string such as `"locomo_vqa.leaderboard:verify"` names.

    Raises:
        MissingResource: the source tree runs without being installed, so its wings are not found.
    """
    module, _, name = place.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name not in WINGS:
            raise
        raise MissingResource(
            f"{error.name} is not installed: this folder's own locomo_vqa hides the installed one.",
            "Use the command `locomo-vqa`, or install this folder with `pip install -e .`.",
        ) from None
