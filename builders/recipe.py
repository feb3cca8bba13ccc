"""A recipe: every choice that the data set depends on, in one TOML file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from locomo_vqa.arguments import check_path, nearest
from locomo_vqa.benchmark import QuestionType, Split
from locomo_vqa.bounded_reading import read_bounded_text
from locomo_vqa.errors import InputError
from locomo_vqa.local_paths import public_name, public_text
from locomo_vqa.locomo.splits import PAPER_COUNTS
from locomo_vqa.schemas import load_schema, validate
from locomo_vqa.text import escape_unprintable
from locomo_vqa.toml_gate import MAX_TOML_BYTES, load_toml

from .images.shared_rule import SharedRule
from .questions.checks import VerificationCheck
from .recipe_toml import recipe_toml
from .split_choice import read_split

__all__ = ["BUNDLED_RECIPES", "BuildRecipe", "load_recipe"]

BUNDLED_RECIPES = ("paper", "sample")
"""The recipes that come with the toolkit."""

_MAX_SHOWN = 80
_EARLIER_NAMES = {"pictures": "images", "look_distance": "phash_distance"}
"""Names that recipes used earlier, with the current ones."""
_NOT_VERIFIED = {"checks": [], "needed": 3, "select_by": "all", "publish": "all"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecipe:
    """The choices of a build; change some with `dataclasses.replace`."""

    name: str
    """The data set's name."""
    locomo: str
    """`sample`, or the path of the LoCoMo file."""
    generator: str
    """The model that writes the questions."""
    validator: str
    """The model that tries to answer them."""
    verifier: str | None = None
    """The model that checks them; None is the generator."""
    phash_distance: int
    """Two images count as similar if at most this many of the 64 bits of their hashes differ."""
    probe_split: Split
    """The split whose images are used to try the question types."""
    probe_images: int
    """The most images to try the types on."""
    probe_types: tuple[QuestionType, ...]
    """The candidate types."""
    keep: int
    """How many types to keep."""
    attempts: int
    """The most attempts of the generator at one question."""
    check_quality: bool
    """Whether to fill the quality columns."""
    verify_checks: tuple[VerificationCheck, ...] = ()
    """What the verifier is asked about every question; nothing by default."""
    verify_needed: int = 3
    """How many of the checks a question must pass to be agreed."""
    select_by: Literal["all", "agreed"] = "all"
    """Whether types are chosen by the validator's error on all questions, or on those agreed."""
    verified: bool = False
    """Whether only agreed questions are published."""
    split_counts: tuple[int, ...] = PAPER_COUNTS
    """The numbers of conversations in train, validation and test, in file order; other numbers of
    conversations are split in the same proportion."""
    split_train: tuple[str, ...] = ()
    split_validation: tuple[str, ...] = ()
    split_test: tuple[str, ...] = ()
    """The conversations of each split by name, in place of their numbers; empty for none."""
    shared_images: SharedRule = "remove-everywhere"
    """What happens to an image that occurs in several splits."""
    limit: int | None = None
    """In a trial, the most images that questions are written about; None for all."""

    def public(self) -> BuildRecipe:
        """Return the recipe as a card shows it: models and files without their folders."""
        return replace(
            self,
            name=public_text(self.name),
            locomo=public_name(self.locomo),
            generator=public_name(self.generator),
            validator=public_name(self.validator),
            verifier=None if self.verifier is None else public_name(self.verifier),
        )

    def to_toml(self) -> str:
        """Return the recipe as a TOML file, without credentials."""
        return recipe_toml(asdict(self))


def load_recipe(source: str | Path | BuildRecipe) -> BuildRecipe:
    """Load a recipe from a TOML file, or one of `BUNDLED_RECIPES` by its name.

    Raises:
        InputError: it is not found, is not TOML, or a choice is missing or not allowed.
    """
    if isinstance(source, BuildRecipe):
        return source
    path = check_path("recipe", source, allowed="a path, a name or a BuildRecipe")
    if path.is_file():
        text = read_bounded_text(path, what="the recipe", most=MAX_TOML_BYTES)
    elif path.stem in BUNDLED_RECIPES and path.suffix in ("", ".toml"):
        text = (resources.files(f"{__package__}.recipes") / f"{path.stem}.toml").read_text("utf-8")
    else:
        close = nearest(str(source), BUNDLED_RECIPES)
        raise InputError(
            f"{source}: recipe not found.",
            f"Did you mean {close}?"
            if close
            else f"Give the path of a TOML file, or one of {', '.join(BUNDLED_RECIPES)}.",
        )
    try:
        raw = load_toml(text)
    except ValueError as error:
        raise InputError(f"{source}: is not valid TOML ({error}).", "Correct the file.") from None
    _check_names(raw, path)
    validate(raw, "recipe", path=path, remedy="See docs/build.md for what a recipe contains.")
    recipe = _recipe(raw, path)
    _check_verification(recipe, path)
    return recipe


def _check_verification(recipe: BuildRecipe, path: Path) -> None:
    """Check that what a recipe does with agreed questions is possible.

    Raises:
        InputError: more checks must be passed than are made, or agreed questions are used though
            none is checked.
    """
    number = len(recipe.verify_checks)
    if number and recipe.verify_needed > number:
        raise InputError(
            f"{path}: needed in [verify] is {recipe.verify_needed}, of {number} checks.",
            "Name more checks, or ask for fewer of them.",
        )
    if not number and (recipe.verified or recipe.select_by == "agreed"):
        raise InputError(
            f"{path}: [verify] uses agreed questions, but names no checks.",
            "Name checks, such as again, premise and verdict.",
        )


def _check_names(raw: Mapping[str, Any], path: Path) -> None:
    """Check that every table and every choice has a current name.

    Raises:
        InputError: one does not; the message suggests the name that was probably meant.
    """
    tables = load_schema("recipe")["properties"]
    for table, choices in raw.items():
        named = escape_unprintable(table, most=_MAX_SHOWN)
        shown = f"[{named}]" if isinstance(choices, Mapping) else named
        _check_name(table, tables, path, shown)
        if isinstance(choices, Mapping):
            for choice in choices:
                known = tables[table].get("properties", {})
                choice_named = escape_unprintable(choice, most=_MAX_SHOWN)
                _check_name(choice, known, path, f"{choice_named} in [{table}]")


def _check_name(name: str, known: Collection[str], path: Path, shown: str) -> None:
    if name in known:
        return
    close = _EARLIER_NAMES.get(name)
    close = close if close in known else nearest(name, known)
    raise InputError(
        f"{path}: a recipe has no {shown}.",
        f"Did you mean {close!r}?" if close else "See docs/build.md for what a recipe contains.",
    )


def _recipe(raw: dict[str, Any], path: Path) -> BuildRecipe:
    verify = raw.get("verify", _NOT_VERIFIED)
    return BuildRecipe(
        name=raw["name"],
        locomo=raw["source"]["locomo"],
        generator=raw["models"]["generator"],
        validator=raw["models"]["validator"],
        verifier=raw["models"].get("verifier"),
        phash_distance=raw["images"]["phash_distance"],
        probe_split=raw["probe"]["split"],
        probe_images=raw["probe"]["images"],
        probe_types=tuple(raw["probe"]["types"]),
        keep=raw["select"]["keep"],
        attempts=raw["generate"]["attempts"],
        check_quality=raw["quality"]["check"],
        verify_checks=tuple(verify["checks"]),
        verify_needed=verify["needed"],
        select_by=verify["select_by"],
        verified=verify["publish"] == "agreed",
        **read_split(raw.get("split", {}), path),
        limit=raw.get("trial", {}).get("images"),
    )
