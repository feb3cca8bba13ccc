"""Locates the environments of third-party systems, and checks whether they are complete."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.files import read_json
from locomo_vqa.user_folders import SYSTEMS_FOLDER_VARIABLE, systems_folder

from .recipe import ThirdPartyRecipe

__all__ = [
    "SYSTEMS_FOLDER_VARIABLE",
    "Environment",
    "EnvironmentState",
    "find_environment",
    "systems_folder",
]

_MARK = "locomo-vqa.json"

EnvironmentState = Literal["no", "yes", "out of date"]
"""Whether a system is installed:

no            there is no complete environment
yes           the environment is complete
out of date   it was made from a different version of the recipe
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The environment of a third-party system, which may not exist yet."""

    recipe: ThirdPartyRecipe
    """The system's recipe."""
    folder: Path
    """The environment's folder."""

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        if sys.platform == "win32":
            return self.folder / "Scripts" / "python.exe"
        return self.folder / "bin" / "python"

    @property
    def mark(self) -> Path:
        """The file that is written last; without it, the environment is incomplete."""
        return self.folder / _MARK

    @property
    def state(self) -> EnvironmentState:
        """Whether the system is installed."""
        try:
            made = read_json(self.mark, what="the environment's mark")
            digest = made["recipe_sha256"]
        except (InputError, KeyError, TypeError):
            return "no"
        if not self.python.exists():
            return "no"
        return "yes" if digest == self.recipe.digest else "out of date"

    def check(self) -> None:
        """Check that the environment can be used.

        Raises:
            MissingResource: the environment is incomplete, or was made from a different recipe.
        """
        state = self.state
        if state == "yes":
            return
        name = self.recipe.name
        problem = "is not installed" if state == "no" else "is installed with other versions"
        raise MissingResource(
            f"{name} {problem} ({self.folder}).", f"Run `locomo-vqa systems install {name}`."
        )


def find_environment(recipe: ThirdPartyRecipe, folder: Path | None = None) -> Environment:
    """Return the environment of a system.

    Args:
        recipe: the system's recipe.
        folder: the folder of all environments; None for `systems_folder()`.
    """
    return Environment(recipe=recipe, folder=(folder or systems_folder()).absolute() / recipe.name)
