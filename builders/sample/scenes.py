"""Scenes: what is in each image of the sample, and what questions ask about."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .layout import Position, draw_layout

__all__ = [
    "COLOURS",
    "MARKS",
    "MOODS",
    "PARTS",
    "SETTINGS",
    "STYLES",
    "UNUSUAL",
    "UNUSUAL_SHARE",
    "Part",
    "Scene",
    "Thing",
    "make_scene",
]

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
"""Colours of things, parts and unusual objects."""

MARKS = ("heart", "moon", "cross", "ring", "triangle")
"""Marks painted on the things."""

MOODS = ("cheerful", "calm", "gloomy", "tense", "mysterious")
"""Moods, given by the sky and the tint of the ground."""

STYLES = ("cartoon", "sketch", "pixel", "dotted", "watercolour")
"""Drawing styles, each applied to the whole image."""

UNUSUAL = ("crown", "ghost", "umbrella", "duck", "cactus", "boot", "hourglass", "bone")
"""Objects that don't belong in any of the settings."""

PARTS = {
    "boat": "flag",
    "house": "chimney",
    "hat": "pompom",
    "box": "ribbon",
    "balloon": "tag",
    "car": "suitcase",
    "cake": "candle",
    "kite": "bow",
}
"""Kinds of ordinary things, each with the small part that one of them carries."""

SETTINGS = {
    "boat": ("water",),
    "house": ("meadow", "snow", "street"),
    "hat": ("table", "sand"),
    "box": ("table", "snow"),
    "balloon": ("meadow", "street"),
    "car": ("street", "sand"),
    "cake": ("table", "meadow"),
    "kite": ("meadow", "sand"),
}
"""Where things of a kind are found."""

UNUSUAL_SHARE = 0.6
"""Share of scenes with an unusual object."""


@dataclass(frozen=True, slots=True)
class Part:
    """A small part of a thing, with its own colour."""

    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Thing:
    """Something in an image; position and size are fractions of the image's side."""

    kind: str
    colour: str
    x: float
    """Centre, from the left."""
    y: float
    """Centre, from the top."""
    size: float
    """Width of the body."""
    mark: str | None = None
    """The mark painted on it; unusual objects have none."""
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything there is to know about an image."""

    setting: str
    mood: str
    style: str
    things: tuple[Thing, ...]
    """Two to five ordinary things of one kind, in one or two colours."""
    unusual: tuple[Thing, ...]
    """Up to three objects of one kind and colour; often there are none."""
    grain: int
    """Seed of everything in the drawing that carries no meaning."""

    @property
    def kind(self) -> str:
        """The kind of the ordinary things."""
        return self.things[0].kind

    def to_dict(self) -> dict[str, Any]:
        """Return the scene as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Scene:
        """Return the scene that `to_dict` returned these values for."""
        fields = dict(values)
        fields["things"] = tuple(_thing(each) for each in values["things"])
        fields["unusual"] = tuple(_thing(each) for each in values["unusual"])
        return cls(**fields)


def _thing(values: Mapping[str, Any]) -> Thing:
    part = values["part"]
    return Thing(**{**values, "part": Part(**part) if part else None})


def make_scene(
    rng: random.Random,
    *,
    kind: str | None = None,
    mood: str | None = None,
    style: str | None = None,
    unusual: bool | None = None,
) -> Scene:
    """Return a random scene; arguments that are not given are drawn uniformly.

    `unusual` says whether there is an unusual object; if None, `UNUSUAL_SHARE` of scenes have one.
    """
    kind = kind or rng.choice(list(PARTS))
    mood = mood or rng.choice(MOODS)
    style = style or rng.choice(STYLES)
    if unusual is None:
        unusual = rng.random() < UNUSUAL_SHARE
    count = rng.randint(2, 5)
    odd_count = rng.randint(1, 3) if unusual else 0
    layout = draw_layout(rng, count, odd_count)
    odd_kind, odd_colour = rng.choice(UNUSUAL), rng.choice(COLOURS)
    return Scene(
        setting=rng.choice(SETTINGS[kind]),
        mood=mood,
        style=style,
        things=_things(rng, kind, layout.things),
        unusual=tuple(Thing(odd_kind, odd_colour, *position) for position in layout.unusual),
        grain=rng.randrange(2**31),
    )


def _things(rng: random.Random, kind: str, positions: tuple[Position, ...]) -> tuple[Thing, ...]:
    """Return things of one or two colours, each colour with its own mark; one has the part."""
    colours = rng.sample(COLOURS, 2)
    marks = rng.sample(MARKS, 2)
    first_group = len(positions) if rng.random() < 0.4 else rng.randint(1, len(positions) - 1)
    owner = rng.randrange(len(positions))
    things = []
    for index, position in enumerate(positions):
        group = 0 if index < first_group else 1
        part = None
        if index == owner:
            part = Part(PARTS[kind], rng.choice([c for c in COLOURS if c != colours[group]]))
        things.append(Thing(kind, colours[group], *position, mark=marks[group], part=part))
    return tuple(things)
