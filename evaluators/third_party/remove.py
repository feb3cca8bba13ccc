"""Removes the environment of a third-party system."""

from __future__ import annotations

import shutil
from pathlib import Path

from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.locks import lock_file

from .catalogue import find_recipe
from .environment import find_environment
from .own_recipes import own_recipe_folder

__all__ = ["remove"]


@checked
def remove(name: str, *, folder: str | Path | None = None) -> tuple[Path, ...]:
    """Remove a third-party system's environment, and a recipe of your own; return what was removed.

    Args:
        name: the system's name.
        folder: the folder of all environments; None for `systems_folder()`.

    Raises:
        InputError: the system is unknown.
        OutputError: another process is installing the system, or a folder can't be removed.
    """
    place = Path(folder) if folder else None
    environment = find_environment(find_recipe(name, place), place)
    target = environment.folder
    if target.exists() and not (target / "pyvenv.cfg").exists() and any(target.iterdir()):
        raise InputError(
            f"{target}: is not a virtual environment.", "Remove the folder yourself if you want to."
        )
    own = own_recipe_folder(name, place)
    files = (target.with_name(f"{name}.log"), target.with_name(f"{name}.lock"))
    try:
        lock = lock_file(files[1]) if target.parent.is_dir() else None
        if lock is None and target.parent.is_dir():
            raise OutputError(
                f"{target}: another process is installing this system.", "Wait until it is done."
            )
        removed = [path for path in (target, own) if path.exists()]
        for path in removed:
            shutil.rmtree(path)
        if lock is not None:
            lock.close()
        for path in files:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{error.filename or target}: can't be removed ({error.strerror}).",
            "Check its permissions.",
        ) from None
    return tuple(removed)
