"""Lists the memory systems that can be run by name, bundled and third-party."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from locomo_vqa.arguments import nearest
from locomo_vqa.html_table import html_table

from ..third_party import Environment, ThirdPartyRecipe, all_recipes, find_environment
from .bundled import SYSTEMS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SystemCatalogue", "SystemInfo", "describe_recipe", "systems"]

_SEES = {
    "seen": "pixels, captions",
    "described": "descriptions, captions",
    "captions": "captions",
}
"""What a third-party system sees of images, by its recipe's `images`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemInfo:
    """A memory system that can be run by name."""

    name: str
    """The system's name."""
    kind: Literal["bundled", "third-party"]
    """Whether it is bundled or must be installed."""
    about: str
    """What it does, in one line."""
    needs_model: bool
    """Whether it can't run without a model."""
    sees: str
    """A phrase that says how it sees images."""
    environment: Environment | None = None
    """The environment of a third-party system, with its recipe; None for a bundled system."""

    def to_json(self) -> dict[str, Any]:
        """Return everything about the system except its name."""
        facts: dict[str, Any] = {
            "kind": self.kind,
            "about": self.about,
            "needs_model": self.needs_model,
            "sees": self.sees,
        }
        if self.environment is None:
            return facts
        recipe = self.environment.recipe
        return {
            **facts,
            "title": recipe.title,
            "version": recipe.version,
            "licence": recipe.licence,
            "images": recipe.images,
            "dates": recipe.dates,
            "notes": list(recipe.notes),
            "options": {
                key: {"about": option.about, "needed": option.needed}
                for key, option in recipe.options.items()
            },
            "installed": self.environment.state,
            "environment": str(self.environment.folder),
        }


class SystemCatalogue(Mapping[str, SystemInfo]):
    """The memory systems that can be run by name; a notebook shows them as a table."""

    def __init__(self, found: Mapping[str, SystemInfo]) -> None:
        """Store the systems in the given order."""
        self._found = dict(found)

    def __getitem__(self, name: str) -> SystemInfo:
        try:
            return self._found[name]
        except KeyError:
            close = nearest(name, self._found)
            hint = f"did you mean {close!r}?" if close else f"the systems are {', '.join(self)}"
            raise KeyError(f"{name!r} is not a system; {hint}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return f"<SystemCatalogue: {', '.join(self)}>"

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with one row per system: its name and the entries of `to_json`."""
        import pandas as pd

        return pd.DataFrame([{"name": name, **info.to_json()} for name, info in self.items()])

    def _repr_html_(self) -> str:
        rows = [
            (
                info.name,
                info.kind,
                info.about,
                "needed" if info.needs_model else "optional",
                info.sees,
                "yes" if info.environment is None else info.environment.state,
            )
            for info in self.values()
        ]
        head = ("System", "Kind", "What it does", "Model", "Sees", "Installed")
        return html_table(head, rows, caption="Memory systems that can be run by name")


def systems() -> SystemCatalogue:
    """Return all systems by name, the bundled ones first.

    Raises:
        InputError: a recipe can't be read.
    """
    bundled = {
        name: SystemInfo(
            name=name,
            kind="bundled",
            about=system.about,
            needs_model=system.needs_model,
            sees=system.sees,
        )
        for name, system in SYSTEMS.items()
    }
    third_party = {name: describe_recipe(recipe) for name, recipe in all_recipes().items()}
    return SystemCatalogue({**bundled, **third_party})


def describe_recipe(recipe: ThirdPartyRecipe) -> SystemInfo:
    """Return the description of a third-party system."""
    return SystemInfo(
        name=recipe.name,
        kind="third-party",
        about=recipe.about,
        needs_model=True,
        sees=_SEES[recipe.images],
        environment=find_environment(recipe),
    )
