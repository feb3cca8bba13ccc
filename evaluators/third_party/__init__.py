"""Memory systems of other people: each one recipe of an environment, and one adapter in it.

An adapter runs in that environment, where the toolkit is not installed: it imports the package,
the standard library, and the helpers that lie beside it.
"""

from __future__ import annotations

from .environment import SYSTEMS_FOLDER_VARIABLE, Environment, find_environment, systems_folder
from .install import set_up
from .recipe import Option, ThirdPartyRecipe, load_recipes

__all__ = [
    "SYSTEMS_FOLDER_VARIABLE",
    "Environment",
    "Option",
    "ThirdPartyRecipe",
    "find_environment",
    "load_recipes",
    "set_up",
    "systems_folder",
]
