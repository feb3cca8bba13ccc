"""Gives a system's processes a home folder and a folder for temporary files of their own.

What a package keeps in its user's home folder, such as a database that all its stores share, then
ends with the conversation. Only the caches of models stay where the user has them.
"""

from __future__ import annotations

import os
import site
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from locomo_vqa.user_folders import (
    CACHE_FOLDER_VARIABLE,
    SYSTEMS_FOLDER_VARIABLE,
    cache_folder,
    systems_folder,
)

__all__ = ["with_private_home"]

_PLACES = {
    "HOME": "",
    "USERPROFILE": "",
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_RUNTIME_DIR": ".run",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
    "TMPDIR": "tmp",
    "TEMP": "tmp",
    "TMP": "tmp",
}
"""Folders within the private home, by the variable that names them."""

_WINDOWS = ("USERPROFILE", "APPDATA", "LOCALAPPDATA")


def with_private_home(
    environment: Mapping[str, str], home: Path, kept: Sequence[str] = ()
) -> dict[str, str]:
    """Return an environment whose home and temporary folders are in `home`; they are created.

    Variables in `kept`, which the user passes on by name, are not changed. The caches of models
    and compiled kernels, and Python's packages of the user, are named where they are now.
    """
    changed = dict(environment)
    for name, place in _PLACES.items():
        wanted = name not in _WINDOWS if os.name != "nt" else not name.startswith("XDG")
        if name in kept or not (wanted or name in environment):
            continue
        folder = home / place
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        changed[name] = str(folder)
    for name, path in _caches(environment):
        changed.setdefault(name, str(path))
    return changed


def _caches(environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Yield the folders that outlive a conversation, by the variable that names them."""
    yield CACHE_FOLDER_VARIABLE, cache_folder().absolute()
    yield SYSTEMS_FOLDER_VARIABLE, systems_folder().absolute()
    user = Path(environment.get("HOME") or Path.home())
    cache = Path(environment.get("XDG_CACHE_HOME") or user / ".cache")
    yield "HF_HOME", cache / "huggingface"
    yield "TORCH_HOME", cache / "torch"
    if "PYTHONNOUSERSITE" not in environment:
        yield "PYTHONUSERBASE", Path(site.getuserbase())
    temporary = Path(tempfile.gettempdir())
    for name, path in (
        ("MPLCONFIGDIR", cache / "matplotlib"),
        ("NLTK_DATA", user / "nltk_data"),
        ("TIKTOKEN_CACHE_DIR", temporary / "data-gym-cache"),
        ("TRITON_CACHE_DIR", user / ".triton" / "cache"),
        ("CUDA_CACHE_PATH", user / ".nv" / "ComputeCache"),
    ):
        if path.is_dir():
            yield name, path
