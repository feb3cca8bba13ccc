"""The recipes that come with the toolkit, and what a recipe may not say."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.systems.bundled import SYSTEMS
from locomo_vqa.evaluators.third_party.recipe import PACKAGE_FOLDER, load_recipes, read_recipe

from .conftest import ADAPTER, RECIPE

RECIPES = load_recipes()
METHODS = {"open", "add", "flush", "search", "close"}


def classes(path: Path) -> dict[str, ast.ClassDef]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name: node for node in body if isinstance(node, ast.ClassDef)}


def test_the_packages_of_the_notes_that_can_be_run_have_recipes() -> None:
    assert set(RECIPES) == {
        "a-mem",
        "graphiti",
        "hindsight",
        "langgraph-store",
        "langmem",
        "mem0ai-1",
        "mem0ai-2",
        "memos",
        "simplemem",
    }
    assert not set(RECIPES) & set(SYSTEMS)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_pins_the_version_that_it_names(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe.packages[0].partition("==")[2] == recipe.version
    pinned = [pin.partition("==")[0].lower() for pin in (*recipe.packages, *recipe.constraints)]
    assert len(pinned) == len(set(pinned))
    assert len(recipe.constraints) > 20  # What the package needs is pinned as well.


@pytest.mark.parametrize("name", RECIPES)
def test_an_adapter_stands_alone(name: str) -> None:
    """Outside its functions it imports the standard library and what lies beside it only."""
    folder, (module, _, _) = RECIPES[name].adapters, RECIPES[name].adapter.partition(":")
    tree = ast.parse((folder / f"{module}.py").read_text(encoding="utf-8"))
    beside = {path.stem for path in folder.glob("*.py")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = (
                [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            )
            for imported in names:
                assert imported is not None
                top = imported.partition(".")[0]
                assert top != "locomo_vqa"
                if node in tree.body:
                    assert top in sys.stdlib_module_names or top in beside, imported


def test_no_adapter_hides_a_module_that_a_package_imports() -> None:
    imported = {module.partition(".")[0] for r in RECIPES.values() for module in r.imports}
    for path in (PACKAGE_FOLDER / "adapters").glob("*.py"):
        assert path.stem not in imported | set(sys.stdlib_module_names)


WRONG = {
    "another name than its file": ('name = "tiny"', 'name = "other"', "its name is 'other'"),
    "no pin": ("package==1.5", "package>=1.5", "is not of the form name==version"),
    "no licence": ('licence = "MIT"\n', "", "licence must be a string"),
    "an unknown key": ('title = "Tiny"', 'title = "Tiny"\nspeed = 3', "speed is unknown"),
    "images of an unknown kind": ('"captions"', '"all"', "images is 'all', not one of"),
    "dates of an unknown kind": ('dates = "text"', 'dates = "no"', "dates is 'no', not one of"),
    "no such adapter": ("tiny_adapter:Tiny", "other_adapter:Tiny", "was not found"),
    "a path for an adapter": ("tiny_adapter:Tiny", "../tiny_adapter:Tiny", "was not found"),
    "no range of Pythons": (">=3.8,<3.99", "3.11", "not of the form >=3.A,<3.B"),
    "nothing to import": ('["locomo_tiny_package"]', "[]", "imports is empty"),
    "a text for a truth": ("extracts = false", 'extracts = "no"', "extracts must be true or false"),
    "an option that is half told": ("needed = true", "", "must have 'about' and 'needed'"),
    "no TOML": ('name = "tiny"', "name", "is not a recipe"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_recipe_that_is_wrong_is_refused(case: str, tmp_path: Path) -> None:
    old, new, message = WRONG[case]
    assert RECIPE.count(old) == 1
    (tmp_path / "recipes").mkdir()
    (tmp_path / "adapters").mkdir()
    (tmp_path / "adapters" / "tiny_adapter.py").write_text(ADAPTER)
    path = tmp_path / "recipes" / "tiny.toml"
    path.write_text(RECIPE)
    assert read_recipe(path).python == (8, 99)
    path.write_text(RECIPE.replace(old, new))
    with pytest.raises(InputError) as caught:
        read_recipe(path)
    assert message in caught.value.message


def test_what_is_installed_has_a_digest_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "adapters").mkdir()
    (tmp_path / "adapters" / "tiny_adapter.py").write_text(ADAPTER)
    path = tmp_path / "recipes" / "tiny.toml"
    digests = []
    for old, new in (("", ""), ("remembers", "forgets"), ("package==1.5", "package==1.6")):
        path.write_text(RECIPE.replace(old, new))
        digests.append(read_recipe(path).digest)
    assert digests[0] == digests[1] != digests[2]
