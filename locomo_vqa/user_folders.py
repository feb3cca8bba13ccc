"""The user's folders for what outlives a run, and the environment variables that move them.

LOCOMO_VQA_CACHE         the folder for values that can be computed again
LOCOMO_VQA_SYSTEMS_DIR   the folder for the environments of third-party systems
LOCOMO_VQA_L_MODELS      the folder with L's encoders
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = [
    "CACHE_FOLDER_VARIABLE",
    "ENCODERS_FOLDER_VARIABLE",
    "SYSTEMS_FOLDER_VARIABLE",
    "cache_folder",
    "encoders_folder",
    "systems_folder",
]

CACHE_FOLDER_VARIABLE = "LOCOMO_VQA_CACHE"
"""Names the folder of the cache."""
SYSTEMS_FOLDER_VARIABLE = "LOCOMO_VQA_SYSTEMS_DIR"
"""Names the folder of the third-party systems' environments."""
ENCODERS_FOLDER_VARIABLE = "LOCOMO_VQA_L_MODELS"
"""Names the folder with L's encoders."""

_NAME = "locomo-vqa"


def cache_folder() -> Path:
    """Return $LOCOMO_VQA_CACHE, or the user's cache folder, such as ~/.cache/locomo-vqa."""
    from platformdirs import user_cache_path

    return _folder_from_environment(CACHE_FOLDER_VARIABLE) or user_cache_path(
        _NAME, appauthor=False, opinion=False
    )


def systems_folder() -> Path:
    """Return $LOCOMO_VQA_SYSTEMS_DIR, or `systems` in the user's data folder.

    The data folder is, for example, ~/.local/share/locomo-vqa.
    """
    from platformdirs import user_data_path

    return (
        _folder_from_environment(SYSTEMS_FOLDER_VARIABLE)
        or user_data_path(_NAME, appauthor=False) / "systems"
    )


def encoders_folder() -> Path | None:
    """Return $LOCOMO_VQA_L_MODELS; None if it is not set."""
    return _folder_from_environment(ENCODERS_FOLDER_VARIABLE)


def _folder_from_environment(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None
