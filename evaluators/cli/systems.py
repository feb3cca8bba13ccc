"""The command `systems`: what can be run, and the environments of other people's packages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locomo_vqa.cli_support import CommandGroup, console, echo, json_option, make_table, print_json
from locomo_vqa.errors import InputError

from ..systems.bundled import SYSTEMS
from ..third_party import (
    SYSTEMS_FOLDER_VARIABLE,
    ThirdPartyRecipe,
    find_environment,
    load_recipes,
    set_up,
    systems_folder,
)

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["systems"]

_PICTURES = {
    "seen": "pixels, captions",
    "described": "descriptions, captions",
    "captions": "captions",
}
_DATES = {"native": "its own", "text": "as text"}


@click.group(cls=CommandGroup, invoke_without_command=True)
@json_option
@click.pass_context
def systems(context: click.Context, as_json: bool) -> None:
    """List the memory systems: those of the toolkit, and packages of other people.

    A package runs in an environment of its own, which `systems setup NAME` makes; `run` and
    `check` then find it by its name. Environments lie in the user's folder for data, or in
    $LOCOMO_VQA_SYSTEMS_DIR.

    \b
    Example:
      locomo-vqa systems
      locomo-vqa systems setup mem0ai-1
    """
    if context.invoked_subcommand is not None:
        return
    recipes = load_recipes()
    if as_json:
        print_json(_bundled_json() | {name: _recipe_json(r) for name, r in recipes.items()})
        return
    console().print(_bundled_table())
    console().print(_package_table(recipes.values()))
    echo(f"Packages are set up with: locomo-vqa systems setup NAME (in {systems_folder()})")


@systems.command()
@click.argument("name")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    envvar=SYSTEMS_FOLDER_VARIABLE,
    help="The folder with the environments; the default is the user's folder for data.",
)
@click.option(
    "--python",
    type=click.Path(path_type=Path),
    help="The interpreter to build on; the default is this one.",
)
@click.option("--again", is_flag=True, help="Make it anew, also where it is set up.")
@json_option
def setup(name: str, folder: Path | None, python: Path | None, again: bool, as_json: bool) -> None:
    """Make the environment of the package NAME, with pinned versions, from a package index.

    pip's own settings hold, such as PIP_INDEX_URL and PIP_FIND_LINKS. An environment that was
    interrupted is not used, and made anew when the command is given again.

    \b
    Example:
      locomo-vqa systems setup mem0ai-1
      locomo-vqa systems setup mem0ai-1 --dir envs --python python3.12
    """
    recipe = _recipe(name)
    environment = find_environment(recipe, folder)
    if not as_json and (again or environment.state != "yes"):
        echo(f"Installing {recipe.title} {recipe.version} into {environment.folder} …")
    made = set_up(environment, python=python, again=again)
    if as_json:
        print_json({**_recipe_json(recipe, folder), "made": made})
        return
    echo(f"{name} is set up." if made else f"{name} was set up already: {environment.folder}")
    for note in recipe.notes:
        echo(f"  {note}")
    if folder is not None and environment.folder != find_environment(recipe).folder:
        echo(f"It is found there with {SYSTEMS_FOLDER_VARIABLE}={folder}.")
    options = "".join(
        f" --option {key}=…" for key, option in recipe.options.items() if option.needed
    )
    echo(f'Next: locomo-vqa check {name} --model "openai:<base URL>?model=<name>"{options}')


def _recipe(name: str) -> ThirdPartyRecipe:
    recipes = load_recipes()
    if name not in recipes:
        what = "comes with the toolkit" if name in SYSTEMS else "is no package that is known here"
        raise InputError(f"{name}: {what}.", f"These can be set up: {', '.join(recipes)}.")
    return recipes[name]


def _bundled_json() -> dict[str, Any]:
    return {
        name: {
            "kind": "bundled",
            "about": system.about,
            "needs_model": system.needs_model,
            "sees": system.sees,
        }
        for name, system in SYSTEMS.items()
    }


def _recipe_json(recipe: ThirdPartyRecipe, folder: Path | None = None) -> dict[str, Any]:
    environment = find_environment(recipe, folder)
    return {
        "kind": "package",
        "about": recipe.about,
        "needs_model": True,
        "sees": _PICTURES[recipe.pictures],
        "title": recipe.title,
        "version": recipe.version,
        "licence": recipe.licence,
        "pictures": recipe.pictures,
        "dates": recipe.dates,
        "notes": list(recipe.notes),
        "options": {
            key: {"about": option.about, "needed": option.needed}
            for key, option in recipe.options.items()
        },
        "set_up": environment.state,
        "environment": str(environment.folder),
    }


def _bundled_table() -> Table:
    table = make_table("System", "What it does", "Model", "Sees")
    for name, system in SYSTEMS.items():
        table.add_row(name, system.about, "needed" if system.needs_model else "none", system.sees)
    return table


def _package_table(recipes: Iterable[ThirdPartyRecipe]) -> Table:
    columns = ("Package", "Version", "What it does", "Sees", "Dates", "Licence", "Set up")
    table = make_table(*columns)
    for recipe in recipes:
        table.add_row(
            recipe.name,
            recipe.version,
            recipe.about,
            _PICTURES[recipe.pictures],
            _DATES[recipe.dates],
            recipe.licence,
            find_environment(recipe).state,
        )
    return table
