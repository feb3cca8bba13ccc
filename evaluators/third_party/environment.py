"""The environments of packages: where they lie, and whether one is whole."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.errors import MissingResource
from locomo_vqa.user_folders import SYSTEMS_FOLDER_VARIABLE, systems_folder

from .recipe import ThirdPartyRecipe

__all__ = ["SYSTEMS_FOLDER_VARIABLE", "Environment", "State", "find_environment", "systems_folder"]

_MARK = "locomo-vqa.json"

State = str
"""`no`, `yes`, or `out of date`: it was made from another version of the recipe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The environment of one package; it need not be there."""

    recipe: ThirdPartyRecipe
    folder: Path
    """The environment's own folder."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        if sys.platform == "win32":
            return self.folder / "Scripts" / "python.exe"
        return self.folder / "bin" / "python"

    @property
    def mark(self) -> Path:
        """The file that is written last: without it the environment is not set up."""
        return self.folder / _MARK

    @property
    def state(self) -> State:
        """Whether it is set up."""
        try:
            made = json.loads(self.mark.read_text(encoding="utf-8"))
            digest = made["recipe_sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            return "no"
        if not self.python.exists():
            return "no"
        return "yes" if digest == self.recipe.digest else "out of date"

    def check(self) -> None:
        """Check that it can be used.

        Raises:
            MissingResource: it is not set up, or not from this recipe.
        """
        state = self.state
        if state == "yes":
            return
        name = self.recipe.name
        what = "is not set up" if state == "no" else "was set up with other versions"
        raise MissingResource(
            f"{name}: its environment {what} ({self.folder}).",
            f"Set it up: locomo-vqa systems setup {name}",
        )


def find_environment(recipe: ThirdPartyRecipe, folder: Path | None = None) -> Environment:
    """Return a package's environment in `folder`, or where environments lie."""
    return Environment(recipe=recipe, folder=(folder or systems_folder()).absolute() / recipe.name)
