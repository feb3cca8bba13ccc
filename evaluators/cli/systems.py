"""The command `systems`: lists memory systems, and installs third-party ones."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from locomo_vqa.cli_support import (
    CommandGroup,
    PathType,
    console,
    echo,
    json_option,
    make_table,
    print_json,
)

from ..systems.catalogue import SystemInfo, describe_recipe
from ..systems.catalogue import systems as list_systems
from ..third_party import (
    SYSTEMS_FOLDER_VARIABLE,
    Installation,
    find_environment,
    find_recipe,
    systems_folder,
)
from ..third_party import install as install_system
from ..third_party import remove as remove_system

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["systems"]

_DATES = {"native": "its own", "text": "as text"}


@click.group(cls=CommandGroup, invoke_without_command=True)
@json_option
@click.pass_context
def systems(context: click.Context, as_json: bool) -> None:
    """List the memory systems, bundled and third-party.

    A third-party system runs in its own environment, which `systems install NAME` creates; `run`
    and `check` then find it by name. The environments are in the user's data folder, or in
    $LOCOMO_VQA_SYSTEMS_DIR.

    \b
    Example:
      locomo-vqa systems
      locomo-vqa systems install mem0ai-1
    """
    if context.invoked_subcommand is not None:
        return
    known = list_systems()
    if as_json:
        print_json({name: system.to_json() for name, system in known.items()})
        return
    console().print(_bundled_table(known.values()))
    console().print(_third_party_table(known.values()))
    echo(f"Install one with: locomo-vqa systems install NAME (in {systems_folder()})")


@systems.command()
@click.argument("name")
@click.option(
    "--dir",
    "folder",
    type=PathType(file_okay=False),
    envvar=SYSTEMS_FOLDER_VARIABLE,
    help="Create the environment in this folder; default: the user's data folder.",
)
@click.option(
    "--python",
    type=PathType(),
    help="Use this Python interpreter; default: the current one.",
)
@click.option("--reinstall", is_flag=True, help="Reinstall even if the environment is complete.")
@json_option
def install(
    name: str, folder: Path | None, python: Path | None, reinstall: bool, as_json: bool
) -> None:
    """Install the third-party system NAME, with pinned versions, from a package index.

    NAME is one of the toolkit's, or the path of a recipe of your own, such as ./mine.toml, with its
    adapter beside it. The versions that its dependencies get are kept for the next installation.

    pip's own settings apply, such as PIP_INDEX_URL and PIP_FIND_LINKS. An interrupted installation
    is never used; repeat the command to start over.

    \b
    Example:
      locomo-vqa systems install mem0ai-1
      locomo-vqa systems install mem0ai-1 --dir envs --python python3.12
      locomo-vqa systems install ./mine.toml
    """
    if not as_json and not name.endswith(".toml"):
        recipe = find_recipe(name, folder)
        environment = find_environment(recipe, folder)
        if reinstall or environment.state != "yes":
            echo(f"Installing {recipe.title} {recipe.version} into {environment.folder} …")
    done = install_system(name, folder=folder, python=python, reinstall=reinstall)
    if as_json:
        facts = describe_recipe(done.environment.recipe).to_json()
        facts |= {"installed": done.environment.state, "environment": str(done.environment.folder)}
        print_json({**facts, "changed": done.changed})
        return
    _print_installation(done, folder)


@systems.command()
@click.argument("name")
@click.option(
    "--dir",
    "folder",
    type=PathType(file_okay=False),
    envvar=SYSTEMS_FOLDER_VARIABLE,
    help="The folder of the environments; default: the user's data folder.",
)
def remove(name: str, folder: Path | None) -> None:
    """Remove the environment of the third-party system NAME, and a recipe of your own.

    \b
    Example:
      locomo-vqa systems remove mem0ai-1
    """
    removed = remove_system(name, folder=folder)
    for path in removed:
        echo(f"Removed {path}")
    if not removed:
        echo(f"{name} is not installed.")


def _print_installation(done: Installation, folder: Path | None) -> None:
    environment, recipe = done.environment, done.environment.recipe
    if done.changed:
        echo(f"{recipe.name} is installed.")
    else:
        echo(f"{recipe.name} is already installed in {environment.folder}.")
    for note in recipe.notes:
        echo(f"  {note}")
    if folder is not None and environment.folder != find_environment(recipe).folder:
        echo(f"Set {SYSTEMS_FOLDER_VARIABLE}={folder} to run it from there.")
    options = "".join(
        f" --option {key}=…" for key, option in recipe.options.items() if option.needed
    )
    echo(f'Next: locomo-vqa check {recipe.name} --model "openai:<base URL>?model=<name>"{options}')


def _bundled_table(known: Iterable[SystemInfo]) -> Table:
    table = make_table("System", "What it does", "Model", "Sees")
    for system in known:
        if system.environment is None:
            model = "needed" if system.needs_model else "optional"
            table.add_row(system.name, system.about, model, system.sees)
    return table


def _third_party_table(known: Iterable[SystemInfo]) -> Table:
    columns = ("Third-party", "Version", "What it does", "Sees", "Dates", "Licence", "Installed")
    table = make_table(*columns)
    for system in known:
        if system.environment is None:
            continue
        recipe = system.environment.recipe
        table.add_row(
            recipe.name,
            recipe.version,
            recipe.about,
            system.sees,
            _DATES[recipe.dates],
            recipe.licence,
            system.environment.state,
        )
    return table
