"""Where the folders are that `evaluate.load` is given."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias, get_args

from locomo_vqa.errors import InputError

__all__ = ["MODULES", "ModuleName", "path"]

ModuleName: TypeAlias = Literal["locomo_l", "locomo_j", "locomo_v"]
"""The modules: L, J and V."""

MODULES: tuple[ModuleName, ...] = get_args(ModuleName)


def path(name: ModuleName) -> str:
    """Return a module's folder, as `evaluate.load` takes it.

    Raises:
        InputError: there is no such module.
    """
    if name not in MODULES:
        raise InputError(f"There is no module {name!r}.", f"The modules are {', '.join(MODULES)}.")
    return str(Path(__file__).with_name(name))
