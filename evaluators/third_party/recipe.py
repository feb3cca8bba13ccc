"""What it takes to run a package: the recipe of its environment, and what it can do."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from locomo_vqa.errors import InputError
from locomo_vqa.files import canonical_json, sha256_text

__all__ = [
    "FOLDER",
    "Dates",
    "Option",
    "PicturesUse",
    "ThirdPartyRecipe",
    "load_recipes",
    "read_recipe",
]

FOLDER = Path(__file__).parent
"""Holds `recipes/` and `adapters/`."""

PicturesUse = Literal["seen", "described", "captions"]
"""What becomes of a picture that was shared:

seen        the model of `--model` sees it among the words that it extracts from
described   the model of `--model` describes it, and the package remembers the words
captions    only a caption is remembered, under `--images caption`
"""

Dates = Literal["native", "text"]
"""How the package learns when something was said:

native      it takes the time of each message and reasons with it
text        it takes none; the adapter writes the time into what is remembered
"""

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.!+]*")
_PYTHONS = re.compile(r">=3\.(\d+),<3\.(\d+)")
_ADAPTER = re.compile(r"([a-z_][a-z0-9_]*):[A-Za-z_][A-Za-z0-9_]*")
_TEXTS = ("name", "title", "version", "licence", "about", "adapter", "python", "pictures", "dates")
_LISTS = ("packages", "constraints", "imports", "notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something to tell the system with `--option`."""

    about: str
    """What it means."""
    needed: bool
    """Whether the system can't run without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdPartyRecipe:
    """A package, pinned, and what it can do."""

    name: str
    """The name for `run`, `check` and `systems setup`."""
    title: str
    """The package's name for people."""
    version: str
    """The package's version."""
    licence: str
    """The package's licence, as SPDX names it."""
    about: str
    """What it does, in a line."""
    adapter: str
    """`module:Class`, a file of the folder `adapters`."""
    python: tuple[int, int]
    """The minor versions of Python 3 that it runs on: from the first, below the second."""
    pictures: PicturesUse
    """What becomes of pictures."""
    dates: Dates
    """How it learns of dates."""
    extracts: bool
    """Whether it asks the model of `--model` while it reads, and not only to be answered."""
    packages: tuple[str, ...]
    """What is installed, as `name==version`."""
    constraints: tuple[str, ...]
    """The versions of what these need, as `name==version`."""
    imports: tuple[str, ...]
    """What can be imported once it is installed."""
    notes: tuple[str, ...]
    """What to know before a run."""
    options: Mapping[str, Option]
    """What it can be told."""
    adapters: Path
    """The folder with the adapter."""

    @property
    def digest(self) -> str:
        """The SHA-256 of what is installed: an environment of another one is out of date."""
        return sha256_text(canonical_json([sorted(self.packages), sorted(self.constraints)]))

    def check_options(self, options: Mapping[str, str], model: str | None) -> None:
        """Check what is given with `--option`.

        Raises:
            InputError: the system knows no such option.
        """
        for name in options:
            if name not in self.options:
                known = ", ".join(self.options) or "none"
                raise InputError(
                    f"--option {name}: {self.name} has no such option.", f"It has: {known}."
                )

    def complete_options(self, options: Mapping[str, str], model: str | None) -> Mapping[str, str]:
        """Return the options, after checking that none that is needed is missing.

        Raises:
            InputError: one is.
        """
        for name, option in self.options.items():
            if option.needed and name not in options:
                raise InputError(
                    f"{self.name} needs --option {name}: {option.about}.",
                    f"Add --option {name}=….",
                )
        return options


def load_recipes() -> dict[str, ThirdPartyRecipe]:
    """Return the recipes by name, in the order of their names.

    Raises:
        InputError: one can't be read.
    """
    recipes = [read_recipe(path) for path in sorted((FOLDER / "recipes").glob("*.toml"))]
    return {recipe.name: recipe for recipe in recipes}


def read_recipe(path: Path) -> ThirdPartyRecipe:
    """Read a recipe; its adapter lies in `../adapters`.

    Raises:
        InputError: a value is missing, unknown or of the wrong form.
    """
    try:
        return _read(path, tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: is no recipe ({error}).", "See the recipes that come with the toolkit."
        ) from None


def _read(path: Path, said: dict[str, Any]) -> ThirdPartyRecipe:
    texts = {key: _text(said, key) for key in _TEXTS}
    lists = {key: _list(said, key) for key in _LISTS}
    adapters = path.parent.parent / "adapters"
    options, extracts = _options(said.pop("options", {})), said.pop("extracts", None)
    if not isinstance(extracts, bool):
        raise ValueError("extracts is neither true nor false")
    if said:
        raise ValueError(f"{next(iter(said))} is unknown")
    if texts["name"] != path.stem or not _NAME.fullmatch(texts["name"]):
        raise ValueError(f"its name is {texts['name']!r}, and its file's {path.stem!r}")
    adapter = _ADAPTER.fullmatch(texts["adapter"])
    if adapter is None or not (adapters / f"{adapter[1]}.py").is_file():
        raise ValueError(f"there is no adapter {texts['adapter']}")
    for pin in (*lists["packages"], *lists["constraints"]):
        if not _PIN.fullmatch(pin):
            raise ValueError(f"{pin!r} is not of the form name==version")
    for key in ("packages", "imports"):
        if not lists[key]:
            raise ValueError(f"{key} is empty")
    pictures, dates, python = (texts.pop(key) for key in ("pictures", "dates", "python"))
    return ThirdPartyRecipe(
        **{**texts, **lists},  # type: ignore[arg-type]
        python=_pythons(python),
        pictures=_one_of(pictures, get_args(PicturesUse), "pictures"),
        dates=_one_of(dates, get_args(Dates), "dates"),
        extracts=extracts,
        options=options,
        adapters=adapters,
    )


def _text(said: dict[str, Any], key: str) -> str:
    value = said.pop(key, None)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} is no text")
    return value


def _list(said: dict[str, Any], key: str) -> tuple[str, ...]:
    value = said.pop(key, None)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key} is no list of texts")
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


def _options(said: Any) -> dict[str, Option]:
    if not isinstance(said, dict):
        raise ValueError("options is no table")
    options = {}
    for name, facts in said.items():
        if not isinstance(facts, dict) or set(facts) != {"about", "needed"}:
            raise ValueError(f"options.{name} has not just about and needed")
        if not isinstance(facts["needed"], bool):
            raise ValueError(f"options.{name}.needed is neither true nor false")
        options[name] = Option(about=_text(facts, "about"), needed=facts["needed"])
    return options
