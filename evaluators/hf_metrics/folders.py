"""The folders that `evaluate.load` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias, get_args

from locomo_vqa.arguments import check_choice

__all__ = ["MODULES", "ModuleName", "path"]

ModuleName: TypeAlias = Literal["locomo_l", "locomo_j", "locomo_v"]
"""The modules: L, J and V."""

MODULES: tuple[ModuleName, ...] = get_args(ModuleName)


def path(name: ModuleName) -> str:
    """Return a module's folder, as `evaluate.load` takes it.

    Raises:
        InputError: the module is unknown.
    """
    check_choice("name", name, MODULES)
    return str(Path(__file__).with_name(name))
