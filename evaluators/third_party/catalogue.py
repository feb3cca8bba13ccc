"""All recipes by name: the toolkit's, and the user's own."""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.arguments import nearest
from locomo_vqa.errors import InputError

from .own_recipes import own_recipes
from .recipe import ThirdPartyRecipe, load_recipes

__all__ = ["all_recipes", "find_recipe"]


def all_recipes(folder: Path | None = None) -> dict[str, ThirdPartyRecipe]:
    """Return the toolkit's recipes and the user's own, which are beside the environments.

    Raises:
        InputError: a recipe can't be read.
    """
    return {**own_recipes(folder), **load_recipes()}


def find_recipe(name: str, folder: Path | None = None) -> ThirdPartyRecipe:
    """Return the recipe of a third-party system.

    Raises:
        InputError: the system is unknown; the message suggests the nearest name.
    """
    recipes = all_recipes(folder)
    if name not in recipes:
        close = nearest(name, recipes)
        raise InputError(
            f"{name} is not a third-party system of the toolkit.",
            f"{f'Did you mean {close}? ' if close else ''}These can be installed: "
            f"{', '.join(recipes)}; or the path of a recipe of your own.",
        )
    return recipes[name]
