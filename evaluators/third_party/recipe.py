"""The recipe of a third-party system: the content of its environment, and its capabilities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from locomo_vqa.arguments import check_option_names
from locomo_vqa.bounded_reading import read_bounded_text
from locomo_vqa.errors import InputError
from locomo_vqa.files import canonical_json, sha256_text
from locomo_vqa.toml_gate import MAX_TOML_BYTES, load_toml

__all__ = [
    "FREEZE",
    "PACKAGE_FOLDER",
    "Dates",
    "ImageHandling",
    "RecipeOption",
    "ThirdPartyRecipe",
    "load_recipes",
    "read_recipe",
]

PACKAGE_FOLDER = Path(__file__).parent
"""The folder that contains `recipes/` and `adapters/`."""

FREEZE = "freeze.txt"
"""The file beside a recipe of the user's own with the versions that were installed."""

ImageHandling = Literal["seen", "described", "captions"]
"""How a system handles a shared image:

seen        the run's model sees it when it extracts memories
described   the run's model describes it, and the system remembers the description
captions    only captions are remembered, in a run with `images="caption"`
"""

Dates = Literal["native", "text"]
"""How a system gets the time of a turn:

native      it accepts the time of each message and reasons with it
text        it accepts no time; the adapter adds the date to the text
"""

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.!+]*")
_PYTHONS = re.compile(r">=3\.(\d+),<3\.(\d+)")
_ADAPTER = re.compile(r"([a-z_][a-z0-9_]*):[A-Za-z_][A-Za-z0-9_]*")
_TEXTS = ("name", "title", "version", "licence", "about", "adapter", "python", "images", "dates")
_LISTS = ("packages", "constraints", "imports", "notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeOption:
    """An option of a system."""

    about: str
    """What the option sets."""
    needed: bool
    """Whether the option is required."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdPartyRecipe:
    """A pinned package, and its capabilities."""

    name: str
    """The system's name, for runs and for `install`."""
    title: str
    """The package's display name."""
    version: str
    """The package's version."""
    licence: str
    """The package's licence as an SPDX expression."""
    about: str
    """What it does, in one line."""
    adapter: str
    """The adapter as `module:Class`; the module is in the folder `adapters`."""
    python: tuple[int, int]
    """The first supported minor version of Python 3, and the first unsupported one after it."""
    images: ImageHandling
    """How it handles shared images."""
    dates: Dates
    """How it gets the time of a turn."""
    extracts: bool
    """Whether it asks the run's model while it reads the conversation."""
    packages: tuple[str, ...]
    """The installed packages, as `name==version`."""
    constraints: tuple[str, ...]
    """The versions of their dependencies, as `name==version`."""
    imports: tuple[str, ...]
    """Modules that must be importable after the installation."""
    notes: tuple[str, ...]
    """What a user should know before a run."""
    options: Mapping[str, RecipeOption]
    """The system's options, by name."""
    adapters: Path
    """The folder that contains the adapter."""

    @property
    def digest(self) -> str:
        """The SHA-256 of packages and constraints, which shows if an environment is out of date."""
        return sha256_text(canonical_json([sorted(self.packages), sorted(self.constraints)]))

    @property
    def is_own(self) -> bool:
        """Whether it is a recipe of the user's own, whose adapter is beside it."""
        return (self.adapters / f"{self.name}.toml").is_file()

    @property
    def pinned(self) -> Mapping[str, str]:
        """The versions of the installed packages, by normalised name."""
        pairs = (re.sub(r"\[.*?\]", "", package).partition("==") for package in self.packages)
        return {re.sub(r"[-_.]+", "-", name).lower(): version for name, _, version in pairs}

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that its adapter reads, such as another embedder's key."""
        return ("LOCOMO_VQA_EMBEDDER_KEY",) if "embedder" in self.options else ()

    def check_options(self, options: Mapping[str, str], model: str | None) -> None:
        """Check the names of a run's options.

        Raises:
            InputError: an option is unknown.
        """
        check_option_names(self.name, options, self.options)

    def complete_options(self, options: Mapping[str, str], model: str | None) -> Mapping[str, str]:
        """Return the options, after checking that all required ones are given.

        Raises:
            InputError: a required option is missing.
        """
        for name, option in self.options.items():
            if option.needed and name not in options:
                raise InputError(
                    f"`options`: {self.name} needs the option {name}: {option.about}.",
                    f"Add {name}=VALUE.",
                )
        return options


def load_recipes() -> dict[str, ThirdPartyRecipe]:
    """Return all recipes by name, in alphabetical order.

    Raises:
        InputError: a recipe can't be read.
    """
    recipes = [read_recipe(path) for path in sorted((PACKAGE_FOLDER / "recipes").glob("*.toml"))]
    return {recipe.name: recipe for recipe in recipes}


def read_recipe(path: Path) -> ThirdPartyRecipe:
    """Read a recipe; its adapter is in `../adapters`, or beside a recipe of the user's own.

    Raises:
        InputError: a value is missing, unknown or malformed.
    """
    try:
        return _read(
            path, load_toml(read_bounded_text(path, what="the recipe", most=MAX_TOML_BYTES))
        )
    except ValueError as error:
        raise InputError(
            f"{path}: is not a recipe ({error}).", "See the recipes of the toolkit for examples."
        ) from None


def _read(path: Path, values: dict[str, Any]) -> ThirdPartyRecipe:
    texts = {key: _text(values, key) for key in _TEXTS}
    bundled = path.parent.name == "recipes" and (path.parent.parent / "adapters").is_dir()
    adapters = path.parent.parent / "adapters" if bundled else path.parent
    if not bundled:
        values.setdefault("notes", [])
        values["constraints"] = values.get("constraints") or _frozen(adapters / FREEZE)
    lists = {key: _list(values, key) for key in _LISTS}
    options, extracts = _options(values.pop("options", {})), values.pop("extracts", None)
    if not isinstance(extracts, bool):
        raise ValueError("extracts must be true or false")
    if values:
        raise ValueError(f"{next(iter(values))} is unknown")
    if texts["name"] != path.stem or not _NAME.fullmatch(texts["name"]):
        raise ValueError(f"its name is {texts['name']!r}, but its file is named {path.stem!r}")
    adapter = _ADAPTER.fullmatch(texts["adapter"])
    if adapter is None or not (adapters / f"{adapter[1]}.py").is_file():
        raise ValueError(f"the adapter {texts['adapter']} was not found")
    for pin in (*lists["packages"], *lists["constraints"]):
        if not _PIN.fullmatch(pin):
            raise ValueError(f"{pin!r} is not of the form name==version")
    for key in ("packages", "imports"):
        if not lists[key]:
            raise ValueError(f"{key} is empty")
    images, dates, python = (texts.pop(key) for key in ("images", "dates", "python"))
    return ThirdPartyRecipe(
        **{**texts, **lists},  # type: ignore[arg-type]
        python=_pythons(python),
        images=_one_of(images, get_args(ImageHandling), "images"),
        dates=_one_of(dates, get_args(Dates), "dates"),
        extracts=extracts,
        options=options,
        adapters=adapters,
    )


def _frozen(path: Path) -> list[str]:
    """Return the pins in a file; none if it does not exist."""
    return path.read_text(encoding="utf-8").split() if path.is_file() else []


def _text(values: dict[str, Any], key: str) -> str:
    value = values.pop(key, None)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} must be a string")
    return value


def _list(values: dict[str, Any], key: str) -> tuple[str, ...]:
    value = values.pop(key, None)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key} must be a list of strings")
    return tuple(value)


def _pythons(text: str) -> tuple[int, int]:
    found = _PYTHONS.fullmatch(text)
    if found is None or int(found[1]) >= int(found[2]):
        raise ValueError(f"python is {text!r}, not of the form >=3.A,<3.B")
    return int(found[1]), int(found[2])


def _one_of(value: str, known: tuple[Any, ...], key: str) -> Any:
    if value not in known:
        raise ValueError(f"{key} is {value!r}, not one of {', '.join(known)}")
    return value


def _options(values: Any) -> dict[str, RecipeOption]:
    if not isinstance(values, dict):
        raise ValueError("options must be a table")
    options = {}
    for name, facts in values.items():
        if not isinstance(facts, dict) or set(facts) != {"about", "needed"}:
            raise ValueError(f"options.{name} must have 'about' and 'needed', and nothing else")
        if not isinstance(facts["needed"], bool):
            raise ValueError(f"options.{name}.needed must be true or false")
        options[name] = RecipeOption(about=_text(facts, "about"), needed=facts["needed"])
    return options
