"""Third-party memory systems, each with a recipe for its environment and an adapter.

`install` creates an environment, which a run then finds by the system's name. The toolkit is not
installed in these environments: an adapter imports only the package, the standard library, and the
helpers in its folder.
"""

from __future__ import annotations

from .catalogue import all_recipes, find_recipe
from .environment import (
    SYSTEMS_FOLDER_VARIABLE,
    Environment,
    EnvironmentState,
    find_environment,
    systems_folder,
)
from .install import Installation, install
from .recipe import RecipeOption, ThirdPartyRecipe, load_recipes
from .remove import remove

__all__ = [
    "SYSTEMS_FOLDER_VARIABLE",
    "Environment",
    "EnvironmentState",
    "Installation",
    "RecipeOption",
    "ThirdPartyRecipe",
    "all_recipes",
    "find_environment",
    "find_recipe",
    "install",
    "load_recipes",
    "remove",
    "systems_folder",
]
