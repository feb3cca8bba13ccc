"""A recipe: every choice that the data set depends on, in one TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import QuestionType, Split
from locomo_vqa.errors import InputError
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.schemas import validate

__all__ = ["BUNDLED", "Recipe", "load_recipe"]

BUNDLED = ("paper", "sample")
"""The recipes that come with the toolkit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The choices, and the text they were read from."""

    name: str
    """What the data set is called."""
    locomo: str
    """`sample`, or the LoCoMo file, relative to the folder the command runs in."""
    generator: str
    """The model that writes questions."""
    validator: str
    """The model that tries them."""
    look_distance: int
    """Pictures whose perceptual hashes differ in at most so many bits have one look."""
    probe_split: Split
    """The split whose pictures the types are tried on."""
    probe_pictures: int
    """How many pictures, at most."""
    probe_types: tuple[QuestionType, ...]
    """The candidate types."""
    keep: int
    """How many types stay."""
    attempts: int
    """How often the generator is asked for one question, at most."""
    check_quality: bool
    """Whether the quality columns are filled."""
    text: str
    """The recipe's own text, without credentials: it is published."""


def load_recipe(name: str) -> Recipe:
    """Load a recipe from a file, or one of `BUNDLED` by its name.

    Raises:
        InputError: there is none, it is no TOML, or a choice is missing or of the wrong kind.
    """
    path = Path(name)
    if path.is_file():
        text = _read(path)
    elif path.stem in BUNDLED and path.suffix in ("", ".toml"):
        text = (resources.files(f"{__package__}.recipes") / f"{path.stem}.toml").read_text("utf-8")
    else:
        raise InputError(
            f"{name}: there is no such recipe.",
            f"Give a TOML file, or one of {', '.join(BUNDLED)}.",
        )
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: is no TOML ({error}).", "Mend the recipe there.") from None
    validate(raw, "recipe", path=path, remedy="See docs/build.md for what a recipe holds.")
    return _recipe(raw, text)


def _recipe(raw: dict[str, Any], text: str) -> Recipe:
    models: dict[str, str] = raw["models"]
    for spec in models.values():
        text = text.replace(spec, hide_credentials(spec))
    return Recipe(
        name=raw["name"],
        locomo=raw["source"]["locomo"],
        generator=models["generator"],
        validator=models["validator"],
        look_distance=raw["pictures"]["look_distance"],
        probe_split=raw["probe"]["split"],
        probe_pictures=raw["probe"]["pictures"],
        probe_types=tuple(raw["probe"]["types"]),
        keep=raw["select"]["keep"],
        attempts=raw["generate"]["attempts"],
        check_quality=raw["quality"]["check"],
        text=text,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: can't be read ({error}).", "Check the recipe's path.") from None
