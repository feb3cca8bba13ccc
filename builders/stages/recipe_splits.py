"""The splits that a recipe gives the imported conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import Split
from locomo_vqa.benchmark.read import read_manifest

from ..build_folder import BuildFolder
from ..recipe import BuildRecipe
from ..split_choice import chosen_splits

__all__ = ["check_splits", "recipe_splits"]


def recipe_splits(recipe: BuildRecipe, conversations: Sequence[str]) -> Mapping[str, Split]:
    """Return the split that a recipe gives each conversation.

    Raises:
        InputError: the recipe names conversations, and these are others.
    """
    named: dict[Split, Sequence[str]] = {
        "train": recipe.split_train,
        "validation": recipe.split_validation,
        "test": recipe.split_test,
    }
    return chosen_splits(conversations, recipe.split_counts, named)


def check_splits(folder: BuildFolder, recipe: BuildRecipe) -> None:
    """Check that a recipe's splits fit the imported conversations, before work is spent on them.

    Raises:
        InputError: the recipe names conversations, and these are others.
    """
    splits = read_manifest(folder.ingested)["splits"]
    recipe_splits(recipe, [name for names in splits.values() for name in names])
