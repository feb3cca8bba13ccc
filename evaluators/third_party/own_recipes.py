"""Recipes of the user's own: copied beside the environments, where a run finds them by name."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import write_text
from locomo_vqa.user_folders import systems_folder

from .recipe import FREEZE, PACKAGE_FOLDER, ThirdPartyRecipe, read_recipe

__all__ = ["adopt_recipe", "is_recipe_file", "own_recipe_folder", "own_recipes", "write_freeze"]

_HELPERS = PACKAGE_FOLDER / "adapters" / "adapter_support.py"
"""The helpers of adapters, which those of the user may import too."""


def is_recipe_file(name: str) -> bool:
    """Return whether a name is the path of a recipe."""
    return name.endswith(".toml")


def own_recipes(folder: Path | None = None) -> dict[str, ThirdPartyRecipe]:
    """Return the user's own recipes by name; `folder` has the environments.

    Raises:
        InputError: a recipe can't be read.
    """
    found = sorted(((folder or systems_folder()) / ".recipes").glob("*/*.toml"))
    recipes = [read_recipe(path) for path in found]
    return {recipe.name: recipe for recipe in recipes}


def own_recipe_folder(name: str, folder: Path | None = None) -> Path:
    """Return the folder of a recipe of the user's own, which may not exist."""
    return (folder or systems_folder()).absolute() / ".recipes" / name


def adopt_recipe(path: Path, taken: Mapping[str, object], folder: Path | None) -> ThirdPartyRecipe:
    """Copy a recipe, its adapter and the helpers beside the environments, and return the copy.

    Raises:
        InputError: it is not a recipe, or its name is `taken`.
        OutputError: the copy can't be written.
    """
    recipe = read_recipe(path)
    if recipe.name in taken:
        raise InputError(
            f"{path}: {recipe.name} is the name of a system of the toolkit.",
            "Give the recipe, and its file, another name.",
        )
    target = own_recipe_folder(recipe.name, folder)
    copy = target / path.name
    adapter = path.with_name(f"{recipe.adapter.partition(':')[0]}.py")
    try:
        changed = not copy.is_file() or copy.read_bytes() != path.read_bytes()
        target.mkdir(parents=True, exist_ok=True)
        for source in (path, adapter, _HELPERS):
            if source.resolve() != (target / source.name).resolve():
                shutil.copyfile(source, target / source.name)
        if changed:
            (target / FREEZE).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{target}: can't be written ({error.strerror}).", "Choose a writable `folder`."
        ) from None
    return read_recipe(copy)


def write_freeze(recipe: ThirdPartyRecipe, installed: Mapping[str, str]) -> None:
    """Write what is installed beside a recipe without constraints: the next time it is the same."""
    named = {re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower() for pin in recipe.packages}
    named |= {"pip", "setuptools"}
    pins = (
        f"{name}=={version}\n"
        for name, version in sorted(installed.items())
        if re.sub(r"[-_.]+", "-", name).lower() not in named
    )
    write_text(recipe.adapters / FREEZE, "".join(pins))
